package profile

import "testing"

func TestBuiltin(t *testing.T) {
	s, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Names())
}
