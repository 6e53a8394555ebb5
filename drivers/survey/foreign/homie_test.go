package foreign

import (
	"strings"
	"testing"
)

// A name in Chinese says nothing to guess by: the property's id does.
func TestHomieNamesInChinese(t *testing.T) {
	r, err := Homie("d.txt", []byte(`homie/5/pump-room/$description {"homie":"5.0","name":"泵房","nodes":{"pump1":{"name":"一号泵","properties":`+
		`{"running":{"name":"运行","datatype":"boolean"},"discharge-pressure":{"name":"出口压力","datatype":"float","unit":"kPa"}}}}}`), options(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`name: "泵房 一号泵"`, "kind: pump", "{point: running,", "{point: discharge_pressure, scale: 0.001,", `topic: "homie/5/pump-room/pump1/discharge-pressure"`} {
		if !strings.Contains(string(r.YAML), want) {
			t.Errorf("%q is not in\n%s", want, r.YAML)
		}
	}
}

func TestHomieRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":     {"", "no description of a Homie 5 device"},
		"other topic": {"homie/5/pump/$state ready\n", "no description of a Homie 5 device"},
		"version 4":   {"homie/pump/$homie 4.0.0\n", "no description of a Homie 5 device"},
		"no nodes":    {`homie/5/pump/$description {"homie":"5.0"}`, "no description of a Homie 5 device"},
		"cut":         {"\n" + `homie/5/pump/$description {"homie":"5.0","nodes":{`, "d.txt"},
		"nested":      {`homie/5/pump/$description {"nodes":` + strings.Repeat("[", 1<<18), "nested too deeply"},
	} {
		if _, err := Homie("d.txt", []byte(c.text), options(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
