package strict

import (
	"strings"
	"testing"
)

// What a Chinese input method writes for YAML's marks is named, with its place.
func TestFullWidth(t *testing.T) {
	for src, want := range map[string]string{
		"name： a\ncount: 2\n":               `x.yaml:1:5: "：" is a full-width colon, write ":"`,
		"name: a\ncount： 2\nwait: 1s\n":     `x.yaml:2:6: "：" is a full-width colon, write ":"`,
		"name： {zh: 甲}\n":                   `x.yaml:1:5: "：" is a full-width colon, write ":"`,
		"name： a\n":                         `x.yaml:1:5: "：" is a full-width colon, write ":"`,
		"name: a\nfree: {x： 1}\n":           `x.yaml:2:9: "：" is a full-width colon, write ":"`,
		"name: a\nfree: ｛x: 1}\n":           `x.yaml:2:7: "｛" is a full-width brace, write "{"`,
		"name: a\nparts: {one: {on： no}}\n": `x.yaml:2:17: "：" is a full-width colon, write ":"`,
		"name: 甲：乙\ntitle: “甲: 乙”\n":        `x.yaml:2:8: "“" is a full-width quote, write "\""`,
	} {
		if _, err := read(t, src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q says\n%v\nwant %s", src, err, want)
		}
	}
	if in, err := read(t, "name: 甲：乙，丙“丁”\n"); err != nil || in.Name.V != "甲：乙，丙“丁”" {
		t.Errorf("a text with full-width marks is %q, %v", in.Name.V, err)
	}
	if _, err := read(t, "name: \"甲：乙\" # 丙：丁\ncount: [1\n"); err == nil || strings.Contains(err.Error(), "full-width") {
		t.Errorf("quotes and comments: %v", err)
	}
}

func TestDecimalComma(t *testing.T) {
	_, err := read(t, "name: a\nparts: {one: {on: 0,1}}\n")
	if want := "x.yaml:2:21: 0,1 is two values here, write a decimal point: 0.1"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("says %v, want %s", err, want)
	}
}
