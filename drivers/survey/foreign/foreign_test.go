package foreign

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"steward/gateway/config"
	"steward/gateway/kind"
)

var update = flag.Bool("update", false, "write what came out as *.want, for review")

func options(t testing.TB) Options {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Site: "imported", Timezone: "Asia/Shanghai", Kinds: kinds}
}

// TestGolden reads a whole configuration of each program: the site file and
// the remarks stand in testdata/*.want, and the loader takes the site file.
func TestGolden(t *testing.T) {
	o := options(t)
	for file, read := range map[string]func(string, []byte, Options) (Result, error){
		"testdata/telegraf.conf": Telegraf, "testdata/homeassistant.yaml": HomeAssistant, "testdata/homie.txt": Homie,
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := read(file, data, o)
		if err != nil {
			t.Fatal(err)
		}
		got := string(r.YAML) + "---\n"
		for _, n := range r.Left {
			got += fmt.Sprintf("%d: %s\n", n.Line, n.Text)
			if n.Line < 1 || n.Line > strings.Count(string(data), "\n") {
				t.Errorf("%s: remark on line %d: %s", file, n.Line, n.Text)
			}
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: a password is in what came out", file)
		}
		if *update {
			if err := os.WriteFile(file+".want", []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file + ".want")
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: came out as\n%s", file, got)
		}
		env := func(string) (string, bool) { return "x", true }
		c, err := config.Parse("site.yaml", r.YAML, ".", o.Kinds, nil, env)
		if err != nil || len(c.Assets) != r.Assets {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// What the loader would refuse is left out, and said.
func TestRefusedPartsAreLeftOut(t *testing.T) {
	r, err := Telegraf("t.conf", []byte(`
[[inputs.modbus]]
name = "m"
slave_id = 1
controller = "tcp://10.0.0.5:502"
holding_registers = [
  {name = "voltage_l1", data_type = "FLOAT32-IEEE", byte_order = "ABCD", scale = 1.0, address = [0, 1]},
  {name = "voltage_l2", data_type = "UINT16", byte_order = "AB", scale = 1.0, address = [1]},
  {name = "voltage_l3", data_type = "UINT16", byte_order = "AB", scale = 0.0, address = [9]},
]`), options(t))
	if err != nil || r.Points != 1 {
		t.Fatalf("%v\n%s", err, r.YAML)
	}
	if len(r.Left) != 3 || r.Left[1].Line != 8 || !strings.Contains(r.Left[1].Text, "overlaps") || !strings.Contains(r.Left[2].Text, "scale is 0") {
		t.Errorf("said %+v", r.Left)
	}
}

func TestNothingToCarry(t *testing.T) {
	for _, src := range []string{"", "[agent]\ninterval = \"1s\"\n", "[[inputs.cpu]]\n"} {
		if _, err := Telegraf("t.conf", []byte(src), options(t)); err == nil {
			t.Errorf("%q gave a site file", src)
		}
	}
	if _, err := HomeAssistant("h.yaml", []byte("light: 1\n"), options(t)); err == nil {
		t.Error("nothing gave a site file")
	}
	if _, err := HomeAssistant("h.yaml", []byte("a: [\n"), options(t)); err == nil {
		t.Error("broken YAML was read")
	}
}

func TestTOML(t *testing.T) {
	v, err := readTOML("t", []byte("\ufeffa.b = 'x\\y' # c\n\"k k\" = \"\"\"\none\\\n   two\\u00e9\"\"\"\nn = 0x1F\nf = 1_000.5e1\nb = true\nd = 2020-01-01T00:00:00Z\nl = [1, # c\n 2,\n]\nm = '''\nraw'''\n[t.u]\nz = {p = 1, q.r = \"s\"}\n[[t.list]]\nq = 1\n[[t.list]]\nq = 2\n[t.list.sub]\nw = 3\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := v.get("t").get("list").items()
	for what, got := range map[string]string{
		`x\y`: v.get("a").get("b").str(""), "onetwoé": v.get("k k").str(""), "31": v.get("n").str(""), "1000.5e1": v.get("f").str(""),
		"true": v.get("b").str(""), "raw": v.get("m").str(""), "s": v.get("t").get("u").get("z").get("q").get("r").str(""),
		"2": list[1].get("q").str(""), "3": list[1].get("sub").get("w").str(""),
	} {
		if got != what {
			t.Errorf("got %q, want %q", got, what)
		}
	}
	if n := v.get("l").items(); len(n) != 2 || n[1].line != 10 || v.get("d").kind != isOther {
		t.Errorf("list is %+v", n)
	}
	for src, want := range map[string]string{
		"a = 1\na = 2": "t:2: \"a\" is written twice, first on line 1", "a": "t:1: want = behind", "a = \"x": "does not end",
		"a = [1": "want , or ]", "[a": "want ]", "a = {b = 1": "want , or }", "a = \"1\" b": "want the end of the line", "a = 1 b": "want a value", "a = nope": "want a value",
		"a = \"\\x\"": "no escape", "a = 1\n[a]": "is no table", "= 1": "want a key", "a = " + strings.Repeat("[", 50): "nested too deeply",
		"a = []\n[[a]]": "no list of tables", "\xff": "not UTF-8",
	} {
		if _, err := readTOML("t", []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", src, err, want)
		}
	}
}

func TestTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"{{ value_json.a.b }}": "a.b", "{{ value_json['a b'].c | float }}": "a b.c", "{{value}}": "", `{{ value_json["x.y"] }}`: `x\.y`,
		"{{ value_json.list[0] | round(2) | int }}": "list.0", "{{ value | float(0) }}": "",
	} {
		var s signal
		if !s.template(text) || s.path != want {
			t.Errorf("%s names %q, want %q", text, s.path, want)
		}
	}
	s := signal{scale: 1}
	if !s.template("{{ value_json.x / 10 }}") || s.scale != 0.1 {
		t.Errorf("a tenth is %v", s.scale)
	}
	for _, text := range []string{"", "{{ states('x') }}", "{% if x %}", "{{ value_json }}", "{{ value.x }}", "{{ value_json.x + 1 }}", "{{ value | upper }}", "{{ value_json.x / 0 }}"} {
		if (&signal{}).template(text) {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		signal
		want string
	}{
		{signal{name: "U1"}, "voltage_l1"}, {signal{name: "Ib"}, "current_l2"}, {signal{name: "Active power phase 3", unit: "W"}, "power_l3"},
		{signal{name: "PF"}, "power_factor"}, {signal{name: "total_kwh"}, "energy_total"}, {signal{name: "returned energy"}, "energy_export"},
		{signal{name: "Grid freq"}, "frequency"}, {signal{name: "voltage_ab"}, "voltage_l12"}, {signal{name: "bat volts"}, "battery_voltage"},
		{signal{name: "x", class: "moisture", bit: true}, "leak"}, {signal{name: "front door", bit: true}, "open"}, {signal{name: "t", unit: "°C"}, "temperature"},
		{signal{name: "reactive", unit: "var"}, "reactive_power"}, {signal{name: "Supply pressure", unit: "bar"}, "discharge_pressure"},
	} {
		if got := guess(&c.signal); len(got) < 2 || got[1] != c.want {
			t.Errorf("%s is %v, want %s", c.name, got, c.want)
		}
	}
}

func FuzzTOML(f *testing.F) {
	data, err := os.ReadFile("testdata/telegraf.conf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	o := options(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Telegraf("t.conf", data, o)
		if err == nil && r.Assets == 0 {
			t.Error("a site file without assets")
		}
	})
}

func FuzzHomeAssistant(f *testing.F) {
	data, err := os.ReadFile("testdata/homeassistant.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	o := options(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := HomeAssistant("h.yaml", data, o); err != nil && strings.Contains(err.Error(), "panic") {
			t.Error(err)
		}
	})
}
