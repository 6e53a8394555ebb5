package kind

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

var update = flag.Bool("update", false, "write the page anew")

// TestPage holds KINDS.md, the catalogue for people, against the data.
func TestPage(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	want := page(c)
	if *update {
		if err := os.WriteFile("KINDS.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("KINDS.md")
	if err != nil || string(got) != want {
		t.Errorf("KINDS.md is not what the catalogue says (%v): run go test ./gateway/kind -update", err)
	}
}

func page(c *Catalog) string {
	var out strings.Builder
	out.WriteString(`# 设备种类与点位 · Kinds and points

由 kinds/*.yaml 生成：` + "`go test ./gateway/kind -update`" + `。规则、页面和配置只认这里的点名，与品牌无关。
Generated from kinds/*.yaml by the same command. Rules, pages and site files know equipment by these names alone, whatever its make.

- 范围 range：超出即为坏值 outside of it a value is bad.
- 标记 marks：**A** 需要有人处理的状态 a state people act on；**V** 丢失要紧 losing it matters；**C** 只增计数 a counter；**≤n/s** 每秒最大变化，超出即为跳变坏值 the largest change in a second, beyond which it is a jump and bad.
- 时效 fresh：多久没有新值即为陈旧 after this it is stale.
`)
	for _, name := range c.Names() {
		k, _ := c.Kind(name)
		fmt.Fprintf(&out, "\n## %s · %s · %s\n\n", name, k.Title.ZH, k.Title.EN)
		out.WriteString("| 点 point | 名称 | name | 单位 unit | 类型 type | 范围 range | 标记 marks | 时效 fresh | 说明 meaning |\n|---|---|---|---|---|---|---|---|---|\n")
		for _, p := range k.Points {
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s | %s | %s | %s | %s |\n", p.Name, p.Title.ZH, p.Title.EN, p.Unit, p.Type, span(p), marks(p), fresh(p.Fresh), meaning(k, p))
		}
	}
	return out.String()
}

func span(p gateway.Point) string {
	switch {
	case p.Min != nil && p.Max != nil:
		return fmt.Sprintf("%g…%g", *p.Min, *p.Max)
	case p.Min != nil:
		return fmt.Sprintf("≥ %g", *p.Min)
	case p.Max != nil:
		return fmt.Sprintf("≤ %g", *p.Max)
	}
	return ""
}

func marks(p gateway.Point) string {
	var m []string
	for _, x := range []struct {
		is   bool
		mark string
	}{{p.Alarm, "A"}, {p.Vital, "V"}, {p.Counter, "C"}, {p.MaxStep > 0, fmt.Sprintf("≤%g/s", p.MaxStep)}} {
		if x.is {
			m = append(m, x.mark)
		}
	}
	return strings.Join(m, " ")
}

func fresh(d time.Duration) string {
	s := strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
	if s == "" || s == d.String() {
		return d.String()
	}
	return s
}

func meaning(k Kind, p gateway.Point) string {
	var parts []string
	if d := k.Doc(p.Name); d.ZH != "" {
		parts = append(parts, d.ZH+" · "+d.EN)
	}
	for _, l := range p.Labels {
		parts = append(parts, fmt.Sprintf("%d `%s` %s · %s", l.Code, l.Name, l.Text.ZH, l.Text.EN))
	}
	if p.Alarm && p.Normal {
		parts = append(parts, "正常为真 · true is well")
	}
	return strings.Join(parts, "; ")
}
