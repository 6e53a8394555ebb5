package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	s := builtin(t)
	for _, c := range []struct {
		table          string
		code           int
		display, level string
		zh, en         string
	}{
		{"monarch-nice3000plus", 41, "E41", "5A", "安全回路断开", "Safety circuit open"},
		{"monarch-nice3000plus", 51, "E51", "1A", "轿顶通信故障", "Communication with the car top lost"},
		{"grundfos", 57, "", "", "干转", "Dry running"},
	} {
		table, ok := s.Codes(c.table)
		got, known := table.Code(c.code)
		if !ok || !known || got.Display != c.display || got.Level != c.level || got.Text.ZH != c.zh || got.Text.EN != c.en {
			t.Errorf("%s %d is %+v", c.table, c.code, got)
		}
	}
	table, _ := s.Codes("monarch-nice3000plus")
	for _, none := range []int{0, 1, 59} { // no fault, reserved, beyond the last
		if c, ok := table.Code(none); ok {
			t.Errorf("%d is %+v", none, c)
		}
	}
	if _, ok := s.Codes("nothing"); ok {
		t.Error("there are codes of nothing")
	}
	for profile, want := range map[string]string{"monarch-nice3000plus": "monarch-nice3000plus", "grundfos-cim": "grundfos", "grundfos-cim-booster": "grundfos", "eastron-sdm630": ""} {
		if got := get(t, profile).Codes; got != want {
			t.Errorf("%s has codes %q, want %q", profile, got, want)
		}
	}
}

// A folder of one's own may bring codes, and use those that ship.
func TestCodesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const own = "profile: NAME\nvendor: ACME\nmodel: X\nkind: pump\nprotocol: modbus\ncodes: CODES\npoints: [{point: fault_code, address: 1, type: uint16}]\n"
	of := func(name, codes string) string { return strings.NewReplacer("NAME", name, "CODES", codes).Replace(own) }
	write("a.yaml", of("a", "acme"))
	write("b.yaml", of("b", "grundfos"))
	if _, err := Dir(dir); err == nil || !strings.Contains(err.Error(), `a.yaml: there are no codes "acme": want one of grundfos`) {
		t.Errorf("codes that are nowhere: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "codes"), 0o700); err != nil {
		t.Fatal(err)
	}
	const codes = "codes: acme\ntitle: {zh: 甲, en: A}\nlist:\n  - {code: 7, text: {zh: 热, en: Hot}}\n"
	write("codes/acme.yaml", codes)
	s, err := Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	table, _ := s.Codes("acme")
	if c, ok := table.Code(7); !ok || c.Text.EN != "Hot" {
		t.Errorf("7 is %+v", c)
	}
	for name, c := range map[string]struct{ text, want string }{
		"order":    {codes + "  - {code: 7, text: {zh: 热, en: Hot}}\n", "rising order"},
		"language": {codes + "  - {code: 8, text: {zh: 热}}\n", "both languages"},
		"name":     {strings.Replace(codes, "acme", "acne", 1), "file's name"},
		"key":      {codes + "nonsense: 1\n", "nonsense"},
		"empty":    {"codes: acme\ntitle: {zh: 甲, en: A}\n", "a list of codes"},
	} {
		write("codes/acme.yaml", c.text)
		if _, err := Dir(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, c.want)
		}
	}
}
