package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/gateway/strict"
)

func seed(f *testing.F, patterns ...string) {
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", p, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

// noFiles keeps a fuzzed file from pointing at this machine's own.
func noFiles(path string) ([]byte, error) {
	if strings.Contains(path, "secret") {
		return []byte("letmein\n"), nil
	}
	return nil, errors.New("is not here")
}

func FuzzConfig(f *testing.F) {
	seed(f, "testdata/good/*.yaml", "testdata/bad/*.yaml")
	kinds, profiles := setUp(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseSite("fuzz.yaml", data, ".", kinds, profiles, testEnv, noFiles)
		wholeErrors(t, err)
		if (c == nil) == (err == nil) {
			t.Fatalf("config %v and error %v", c, err)
		}
		if c == nil {
			return
		}
		if len(c.Assets) != len(c.Site.Assets) {
			t.Fatal("two lists of assets differ")
		}
		for i, a := range c.Assets {
			if a.Modbus != nil {
				for _, r := range a.Modbus.Points {
					if r.Encoding.Words() == 0 || int(r.Address)+r.Encoding.Words() > 65536 || r.Transform.Scale == 0 {
						t.Fatalf("%s has register %+v", a.ID, r)
					}
				}
			}
			if string(a.ID) != string(c.Site.Assets[i].ID) || !strict.IsID(string(a.ID)) {
				t.Fatalf("asset %q", a.ID)
			}
		}
	})
}

func FuzzProfile(f *testing.F) {
	seed(f, profileDir+"/*.yaml", "testdata/bad/profile-*.yaml")
	kinds, _ := setUp(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProfile("fuzz.yaml", data, kinds)
		wholeErrors(t, err)
		if err == nil && (p.Name == "" || p.Kind == "" || len(p.Points)+len(p.Topics)+len(p.Metrics) == 0) {
			t.Fatalf("profile %+v was taken", p)
		}
	})
}

func wholeErrors(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	all, ok := errors.AsType[Errors](err)
	if !ok || len(all) == 0 || len(all) > strict.MaxProblems+1 {
		t.Fatalf("error is %T with %d entries", err, len(all))
	}
	for _, e := range all {
		if e.Problem == "" || e.File == "" || strings.ContainsAny(e.Error(), "\n\r") {
			t.Fatalf("problem %+v", e)
		}
	}
}
