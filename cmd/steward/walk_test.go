package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeWalk follows the README's "Connect a device" as it stands: it
// writes its files, runs its commands in their order, and sees that each says
// what the text promises. The port is the only thing that is changed.
func TestReadmeWalk(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, walk, _ := strings.Cut(string(text), "\n## Connect a device\n")
	walk, _, found := strings.Cut(walk, "\n## ")
	if !found {
		t.Fatal("README.md has no walk-through")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	walk = strings.ReplaceAll(walk, "127.0.0.1:1503", l.Addr().String())
	l.Close()
	w := walker{t: t, dir: t.TempDir()}
	for _, m := range regexp.MustCompile("(?s)\n```(yml|shell)\n(.*?)\n```").FindAllStringSubmatch(walk, -1) {
		if m[1] == "yml" {
			w.write(m[2] + "\n")
			continue
		}
		for line := range strings.Lines(m[2]) {
			w.run(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
		}
	}
	for _, promised := range []string{
		"(?m)^unit 3: no profile fits$", // before it has a profile
		"(?m)^0 +0x090A +2314 ",         // its registers
		`1\. \{point: POINT, table: input, address: 0, type: uint16, scale: 0.1\}`,
		`1\. \{point: POINT, table: input, address: 4, type: uint32, word_order: little, scale: 0.01\}`,
		"profiles/acme-pm3.yaml: ok: acme-pm3, a power_meter over modbus, 5 points, 1 not verified",
		"site.yaml: ok: site plant, 1 areas, 1 assets, 5 points, 1 buses",
		`unit 3: acme-pm3 \((fair|strong)\): .*voltage_l1 231.4 V.* 5 of 5 points plausible`,
		`modbus: \{bus: bus-1, unit: 3, profile: acme-pm3\}`,
		`voltage_l1=231.4,.*energy_import=1710.72`, // in the journal
		"recorded.yaml: 6 registers and bits of unit 3, 0 refused",
	} {
		if !regexp.MustCompile(promised).MatchString(w.said.String()) {
			t.Errorf("nothing said %s", promised)
		}
	}
	if w.ran < 11 {
		t.Errorf("only %d commands were found", w.ran)
	}
	if t.Failed() {
		t.Logf("all that was said:\n%s", w.said.String())
	}
}

// walker follows a walk-through in a folder.
type walker struct {
	t    *testing.T
	dir  string
	said strings.Builder
	ran  int
}

// write saves a block under the name in its first line.
func (w *walker) write(block string) {
	w.t.Helper()
	first, _, _ := strings.Cut(block, "\n")
	name := filepath.Join(w.dir, strings.TrimPrefix(first, "# "))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(block), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run runs one command: one that ends with & in the background until the
// test ends, the gateway for a few seconds, others to their end.
func (w *walker) run(command string) {
	w.t.Helper()
	w.ran++
	if background, ok := strings.CutSuffix(command, " &"); ok {
		w.background(background)
		return
	}
	if strings.HasPrefix(command, "steward run ") {
		command = "timeout --preserve-status -s TERM 4 " + command + " --listen 127.0.0.1:0"
	}
	c := exec.Command("sh", "-c", command)
	c.Dir = w.dir
	out, err := c.CombinedOutput()
	fmt.Fprintf(&w.said, "$ %s\n%s", command, out)
	if err != nil {
		w.t.Errorf("$ %s: %v\n%s", command, err, out)
	}
}

// background starts a command and waits for the first line it prints.
func (w *walker) background(command string) {
	w.t.Helper()
	args := strings.Fields(command)
	c := exec.Command(args[0], args[1:]...)
	c.Dir = w.dir
	out, err := c.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = c.Process.Kill() // it runs until the walk is over
		_ = c.Wait()         // killed: that is its error
	})
	up := make(chan error, 1)
	go func() { // ends with the first line, or with the command
		_, err := out.Read(make([]byte, 1))
		up <- err
	}()
	select {
	case err := <-up:
		if err != nil {
			w.t.Fatalf("$ %s & printed nothing: %v", command, err)
		}
	case <-time.After(20 * time.Second):
		w.t.Fatalf("$ %s & printed nothing", command)
	}
}
