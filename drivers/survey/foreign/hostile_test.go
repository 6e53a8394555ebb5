package foreign

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A file that is made to keep the parser busy, or to run it out of its stack,
// is refused at once, with its place.
func TestHostileYAML(t *testing.T) {
	var keys, missing, blocks strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
		fmt.Fprintf(&missing, "- k%d:\n", i)
	}
	for i := range 1000 {
		blocks.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, c := range map[string]struct{ file, want string }{
		"brackets":  {strings.Repeat("[", 1<<20), "ha.yaml:1:33: this is nested too deeply"},
		"braces":    {strings.Repeat("{a: ", 1<<18), "nested too deeply"},
		"blocks":    {blocks.String(), "ha.yaml:33:33: this is nested too deeply"},
		"keys":      {keys.String(), "this mapping has too many keys"},
		"no values": {missing.String(), "keys and items have no value"},
		"too long":  {strings.Repeat("#", MaxFile+1), "the file has 1048577 bytes"},
		"no YAML":   {"modbus: [}", "ha.yaml"},
	} {
		began := time.Now()
		_, err := HomeAssistant("ha.yaml", []byte(c.file), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%s: it took %v", name, d)
		}
	}
}

// What Home Assistant's own files have, and ours do not, is still read.
func TestForeignYAMLKeepsTagsAndAnchors(t *testing.T) {
	v, err := readYAML("ha.yaml", []byte("a: !secret x\nb: &base {c: 1}\nd: *base\nb: {c: 2}\n"))
	if err != nil || v.get("a").str("") != "!secret x" || v.get("b").get("c").int(0) != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}
