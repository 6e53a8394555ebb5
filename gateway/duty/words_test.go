package duty

import (
	"encoding/json"
	"strings"
	"testing"

	"steward/gateway"
)

// Rows of a version that said why in one string are read, and told in both
// languages as they were written.
func TestWordsOfOldRows(t *testing.T) {
	var a Alarm
	var step Transition
	read := func(body string, into any) {
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	read(`{"id":"A000001","reason":"维修中","inputs":[{"name":"p","number":null,"quality":"lost","reason":"no answer in 1s"}]}`, &a)
	read(`{"seq":1,"why":"its ticket is over","alarm":{}}`, &step)
	for _, c := range []struct{ got, want gateway.Text }{
		{a.Words(), gateway.Text{ZH: "维修中", EN: "维修中"}},
		{a.Inputs[0].Words(), gateway.Text{ZH: "1s 内无应答", EN: "no answer in 1s"}},
		{step.Words(), gateway.Text{ZH: "its ticket is over", EN: "its ticket is over"}},
		{(&Alarm{Reason: "old", Say: gateway.Text{ZH: "新", EN: "new"}}).Words(), gateway.Text{ZH: "新", EN: "new"}},
	} {
		if c.got != c.want {
			t.Errorf("it reads %v, want %v", c.got, c.want)
		}
	}
	body, err := json.Marshal(&Transition{Why: "a note"})
	if err != nil || !strings.Contains(string(body), `"why":"a note"`) || strings.Contains(string(body), "say") {
		t.Errorf("%s, %v", body, err)
	}
}

func TestReasonText(t *testing.T) {
	for reason, want := range map[string]string{
		"no answer in 1s": "1s 内无应答",
		"exception 2: illegal data address at holding 40+2":                                 "异常码 2：非法数据地址（保持寄存器 40+2）",
		"not asked: exception 99: unknown at input 0+1":                                     "未查询：异常码 99：未知（输入寄存器 0+1）",
		"dial tcp [::1]:502: connect: connection refused":                                   "连接 [::1]:502 失败：连接被拒绝",
		"dial tcp: lookup gw.local on 10.0.0.1:53: no such host":                            "连接失败：解析 gw.local on 10.0.0.1:53 失败：没有这个主机",
		"no answer: read tcp 10.0.0.2:4->10.0.0.3:502: read: connection reset by peer":      "无应答：读取 10.0.0.2:4->10.0.0.3:502 失败：连接被对端重置",
		"tcp://10.0.0.3:502: closed by the other end":                                       "tcp://10.0.0.3:502：对端已关闭连接",
		"dial tcp 10.0.0.3:502: something new":                                              "连接 10.0.0.3:502 失败：something new",
		"retained; source time 2020-01-01T00:00:00Z is implausible at 2026-01-01T00:00:00Z": "保留消息；设备时间 2020-01-01T00:00:00Z 不可信（网关时间 2026-01-01T00:00:00Z）",
		"out of range -5..5.5":                                                              "超出范围 -5 至 5.5",
		"current loop below 3.6 mA: broken wire or failed transmitter (NAMUR NE 43)":        "电流环低于 3.6 mA：断线或变送器故障（NAMUR NE 43）",
		"a reason that nobody knows":                                                        "a reason that nobody knows",
		"":                                                                                  "",
		"not a number: ":                                                                    "not a number: ",
		"中文":                                                                                "中文",
	} {
		if got := ReasonText(reason); got != (gateway.Text{ZH: want, EN: reason}) {
			t.Errorf("%q reads %q in Chinese, want %q", reason, got.ZH, want)
		}
	}
}

// Every phrase uses in Chinese what it has in English, reads otherwise there,
// and is not hidden by one above it.
func TestPhrases(t *testing.T) {
	for i, p := range phrases {
		filled := strings.NewReplacer("$1", "a", "$2", "b", "$3", "c", "&1", "a", "&2", "b", "&3", "c").Replace(p.en)
		args, ok := p.match(filled)
		if !ok || len(args) != strings.Count(p.en, "$")+strings.Count(p.en, "&") {
			t.Errorf("%q does not fit %q", p.en, filled)
		}
		for k := range args {
			n := string(rune('1' + k))
			in, out := strings.Count(p.en, "$"+n)+strings.Count(p.en, "&"+n), strings.Count(p.zh, "$"+n)+strings.Count(p.zh, "&"+n)
			if in != 1 || out != 1 {
				t.Errorf("%q and %q: %s is there %d and %d times", p.en, p.zh, n, in, out)
			}
		}
		if first, _, _ := find(filled); first != p {
			t.Errorf("%q (%d) is never used: %q is above it", p.en, i, first.en)
		}
	}
}

func FuzzReasonText(f *testing.F) {
	for _, p := range phrases {
		f.Add(p.en)
	}
	f.Fuzz(func(t *testing.T, reason string) {
		if got := ReasonText(reason); got.EN != reason || (got.ZH == "") != (reason == "") {
			t.Errorf("%q reads %q", reason, got)
		}
	})
}
