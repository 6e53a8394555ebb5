package profile

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"steward/drivers"
	"steward/drivers/modbus"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

var update = flag.Bool("update", false, "write what came out as expected.yaml, for review")

// want is one line of an expected.yaml.
type want struct {
	Point   string   `yaml:"point"`
	Value   *float64 `yaml:"value"`
	Quality string   `yaml:"quality"` // good when it is not said
	Reason  string   `yaml:"reason"`
}

const cases = "testdata/modbus"

// TestModbusCases reads each profile's recorded image over real Modbus TCP,
// as a site that names the profile would, and compares the canonical values.
// A Modbus profile without such a case fails.
func TestModbusCases(t *testing.T) {
	set := builtin(t)
	for _, name := range set.Names() {
		p, _ := set.Profile(name)
		if p.Protocol != "modbus" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			img, err := LoadImage(filepath.Join(cases, name, "image.yaml"))
			if err != nil {
				t.Fatalf("profile %s needs a recorded image: %v", name, err)
			}
			if img.Profile != name {
				t.Errorf("image is of profile %q", img.Profile)
			}
			got := read(t, set, p, serveImage(t, img, p.Limits.Watch).address)
			file := filepath.Join(cases, name, "expected.yaml")
			if *update {
				write(t, file, got)
				return
			}
			compare(t, file, got)
		})
	}
	for _, dir := range folders(t, cases) {
		if p, ok := set.Profile(dir); !ok || p.Protocol != "modbus" {
			t.Errorf("%s/%s is the case of no Modbus profile", cases, dir)
		}
	}
}

func folders(t *testing.T, of string) []string {
	t.Helper()
	entries, err := os.ReadDir(of)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// compare finds every point whose value is not the expected one.
func compare(t *testing.T, file string, got []gateway.Value) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("the case has no expected values: %v", err)
	}
	var list []want
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, w := range list {
		i := slices.IndexFunc(got, func(v gateway.Value) bool { return v.Point == w.Point })
		if i < 0 {
			t.Errorf("%s is not read", w.Point)
			continue
		}
		v := got[i]
		got = slices.Delete(got, i, i+1)
		switch {
		case w.Value == nil:
			if v.Quality.String() != w.Quality || v.Reason != w.Reason {
				t.Errorf("%s is %v, %s %q; want %s %q", w.Point, v.Number, v.Quality, v.Reason, w.Quality, w.Reason)
			}
		case v.Quality != gateway.QualityGood || math.Abs(v.Number-*w.Value) > 1e-9+2e-6*math.Abs(*w.Value):
			t.Errorf("%s is %v, %s %q; want %v", w.Point, v.Number, v.Quality, v.Reason, *w.Value)
		}
	}
	for _, v := range got {
		t.Errorf("%s is not expected: %v %s", v.Point, v.Number, v.Quality)
	}
}

func write(t *testing.T, file string, got []gateway.Value) {
	t.Helper()
	got = slices.Clone(got)
	slices.SortFunc(got, func(a, b gateway.Value) int { return strings.Compare(a.Point, b.Point) })
	var out strings.Builder
	for _, v := range got {
		if v.Quality == gateway.QualityGood {
			fmt.Fprintf(&out, "- {point: %s, value: %.10g}\n", v.Point, v.Number)
		} else {
			fmt.Fprintf(&out, "- {point: %s, quality: %s, reason: %q}\n", v.Point, v.Quality, v.Reason)
		}
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// read polls the device at address with a site file that names the profile,
// until two polls in a row say the same.
func read(t *testing.T, set config.Profiles, p config.Profile, address string) []gateway.Value {
	t.Helper()
	return readUntil(t, set, p, address, func(before, now []gateway.Value) bool { return slices.EqualFunc(before, now, same) })
}

// readUntil polls until enough says so of one poll and the one before it.
func readUntil(t *testing.T, set config.Profiles, p config.Profile, address string, enough func(before, now []gateway.Value) bool) []gateway.Value {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	site := fmt.Sprintf(`site: {id: test, timezone: Asia/Shanghai, name: {zh: 试验, en: Test}}
areas: [{id: a, name: {zh: 甲, en: A}}]
modbus: [{id: bus, url: "tcp://%s", timeout: 5s}]
assets:
  - {id: device, name: {zh: 设备, en: Device}, kind: %s, area: a, modbus: {bus: bus, unit: 1, interval: 50ms, profile: %s}}
`, address, p.Kind, p.Name)
	cfg, err := config.Parse("site.yaml", []byte(site), t.TempDir(), kinds, set, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	source, err := modbus.Driver().New(drivers.Spec{Wire: "bus", Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var last, got []gateway.Value
	err = source.Run(ctx, func(_ context.Context, rs []gateway.Reading) error {
		for _, r := range rs {
			if got == nil && enough(last, r.Values) {
				got = slices.Clone(r.Values)
				cancel()
			}
			last = slices.Clone(r.Values)
		}
		return nil
	})
	if err != nil || got == nil {
		t.Fatalf("what was waited for did not come: %v; the last poll: %+v", err, last)
	}
	return got
}

func same(a, b gateway.Value) bool {
	return a.Point == b.Point && a.Quality == b.Quality && a.Reason == b.Reason &&
		(a.Number == b.Number || math.IsNaN(a.Number) && math.IsNaN(b.Number))
}
