package survey

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/drivers/modbus"
	"steward/gateway/config"
)

// tool returns a program's path or fails with what to do.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: run `make tools`", name)
	}
	return path
}

// program starts a program that lives until the test ends, and returns the
// first line it prints.
func program(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(path, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed: that is its error
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait() // so that its complaints are whole
		t.Fatalf("%s: %v: %s (if something is missing: run `make tools`)", path, err, complaints.String())
	}
	return strings.TrimSpace(line)
}

// python returns the interpreter that has pymodbus.
func python(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(path, "-c", "import pymodbus").Run() == nil {
			return path
		}
	}
	t.Fatal("python3 with pymodbus is missing: run `make tools`")
	return ""
}

// ptys makes a serial line out of two pseudo-terminals.
func ptys(t *testing.T) (ours, theirs string) {
	t.Helper()
	dir := t.TempDir()
	ours, theirs = filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
	cmd := exec.Command(tool(t, "socat"), "pty,raw,echo=0,link="+ours, "pty,raw,echo=0,link="+theirs)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed: that is its error
	})
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for limit := time.Now().Add(10 * time.Second); ; <-ticker.C {
		_, err1 := os.Stat(ours)
		_, err2 := os.Stat(theirs)
		if err1 == nil && err2 == nil {
			return ours, theirs
		}
		if time.Now().After(limit) {
			t.Fatal("socat made no pseudo-terminals")
		}
	}
}

// pymodbus serves a line of a meter, a slow pump, a unit that refuses all,
// and silence; it returns the bus.
func pymodbus(t *testing.T) config.Bus {
	t.Helper()
	file := func(name string) string { return filepath.Join(cases, name, "image.yaml") }
	port := program(t, python(t), "testdata/line.py", file("eastron-sdm630"), file("grundfos-cim"))
	return config.Bus{Transport: config.ModbusTCP, Address: "127.0.0.1:" + port, Timeout: 400 * time.Millisecond}
}

func TestScanOfPymodbus(t *testing.T) {
	set, kinds := shelf(t)
	r, err := Scan(t.Context(), Options{Buses: []config.Bus{pymodbus(t)}, Units: []byte{1, 2, 3, 4, 5},
		Knock: config.HoldingRegisters, Profiles: set, Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range r.Units {
		name := "none"
		if len(u.Matches) > 0 {
			name = u.Matches[0].Profile.Name + " " + u.Confidence().String()
		}
		got = append(got, name)
	}
	if want := []string{"eastron-sdm630 strong", "grundfos-cim strong", "none"}; !slices.Equal(got, want) || r.Tried != 5 {
		t.Errorf("found %v of %d, want %v\n%s", got, r.Tried, want, r.YAML())
	}
}

// A time-out shorter than a slow unit's answers: the unit is found or not,
// but never mistaken, and its neighbours are.
func TestScanIsTooHasty(t *testing.T) {
	set, kinds := shelf(t)
	bus := pymodbus(t)
	bus.Timeout = 30 * time.Millisecond
	r, err := Scan(t.Context(), Options{Buses: []config.Bus{bus}, Units: []byte{2, 1}, Knock: config.HoldingRegisters, Profiles: set, Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range r.Units {
		if u.Unit == 2 && len(u.Matches) > 0 && u.Matches[0].Profile.Name != "grundfos-cim" && u.Confidence() == Strong {
			t.Errorf("the slow unit is taken for %s", u.String())
		}
	}
}

func TestRecordOfPymodbus(t *testing.T) {
	set, kinds := shelf(t)
	c, err := modbus.NewClient(pymodbus(t), true)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, _ := set.Profile("eastron-sdm630")
	img, holes, err := Record(t.Context(), c, 1, &p, kinds, nil)
	if err != nil || holes != 0 {
		t.Fatalf("%d holes, %v", holes, err)
	}
	want, got := image(t, "eastron-sdm630").Cells(), img.Cells()
	for _, r := range p.Points {
		a, ok := want.Read(nil, r.Table, r.Address, 2)
		b, too := got.Read(nil, r.Table, r.Address, 2)
		if !ok || !too || !slices.Equal(a, b) {
			t.Errorf("%s is recorded as %v, want %v", r.Point, b, a)
		}
	}
	d, err := Read(t.Context(), c, 1, Range{config.InputRegisters, 0, 12}, 100)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := ParseShown("231.4")
	if err != nil {
		t.Fatal(err)
	}
	if list := Propose([]Observation{{shown, d}}, 0); len(list) == 0 || list[0].Address != 0 || list[0].Encoding != config.EncFloat32 {
		t.Errorf("231.4 is %v", list)
	}
}

// TestScanOfALine scans a serial line with a meter of libmodbus on it.
func TestScanOfALine(t *testing.T) {
	set, kinds := shelf(t)
	ours, theirs := ptys(t)
	server := filepath.Join(t.TempDir(), "meter")
	out, err := exec.Command(tool(t, "gcc"), "-o", server, "testdata/meter.c", "-I/usr/include/modbus", "-lmodbus").CombinedOutput()
	if err != nil {
		t.Fatalf("libmodbus meter does not build (libmodbus-dev missing? run `make tools`): %v\n%s", err, out)
	}
	if line := program(t, server, theirs); line != "ready" {
		t.Fatalf("meter says %q", line)
	}
	bus := config.Bus{Transport: config.ModbusRTU, Address: ours, Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, Timeout: 300 * time.Millisecond}
	r, err := Scan(t.Context(), Options{Buses: []config.Bus{bus}, Units: []byte{6, 7, 8}, Knock: config.HoldingRegisters, Profiles: set, Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Units) != 1 || r.Units[0].Unit != 7 || len(r.Units[0].Matches) == 0 || r.Units[0].Matches[0].Profile.Name != "pzem-016" {
		t.Errorf("found %s", r.YAML())
	}
}
