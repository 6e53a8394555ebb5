package dashboard

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func damagedAccounts(t *testing.T, text string) (*Passwords, string, *record) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &record{}
	p := NewPasswords(path)
	p.Log = slog.New(slog.NewTextHandler(log, nil))
	return p, path, log
}

func TestADamagedAccountsFileIsSetAside(t *testing.T) {
	for name, text := range map[string]string{
		"cut off": `{"users":[{"name":"admin"`, "empty": "", "zeros": "\x00\x00\x00\x00", "unknown": `{"people":[]}`,
		"more behind it": `{"users":[]}{"users":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			p, path, log := damagedAccounts(t, text)
			for _, err := range []error{p.Check("admin"), func() error { _, err := p.Verify(t.Context(), "admin", "anything"); return err }()} {
				if err == nil || !strings.Contains(err.Error(), "users.json is damaged: ") {
					t.Errorf("a damaged file: %v", err)
				}
			}
			if p.Version("admin") != "" {
				t.Error("somebody has a password")
			}
			for range 2 { // in one second: the second must not replace the first
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := p.Set("admin", "a new beginning"); err != nil {
					t.Fatal(err)
				}
			}
			if ok, err := p.Verify(t.Context(), "admin", "a new beginning"); !ok || err != nil || p.Check("admin") != nil {
				t.Errorf("after the password was set: %v, %v, %v", ok, err, p.Check("admin"))
			}
			asides, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(asides) != 2 {
				t.Fatalf("set aside: %v, %v; want two files", asides, err)
			}
			for _, aside := range asides {
				if !regexp.MustCompile(`users\.json\.damaged-\d{10}$`).MatchString(aside) || !strings.Contains(log.String(), aside) {
					t.Errorf("%s is misnamed or not in the log:\n%s", aside, log)
				}
				if kept, err := os.ReadFile(aside); err != nil || !bytes.Equal(kept, []byte(text)) {
					t.Errorf("%s holds %q, %v; want %q", aside, kept, err, text)
				}
			}
		})
	}
}

func TestASoundAccountsFileIsNotSetAside(t *testing.T) {
	p, path, log := damagedAccounts(t, `{"users":[{"name":"night","hash":"x"}]}`+"\n\n")
	if err := p.Set("admin", "another account"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if asides, _ := filepath.Glob(path + ".*"); err != nil || !strings.Contains(string(text), `"night"`) || len(asides) > 0 || log.String() != "" {
		t.Errorf("the file holds %s, %v; set aside %v; log %s", text, err, asides, log)
	}
}

func TestTheStartSaysWhyNobodyCanSignIn(t *testing.T) {
	for name, c := range map[string]struct{ text, want, not string }{
		"damaged":       {`{"users":[`, "users.json is damaged: unexpected EOF; nobody can sign in until `steward user passwd`", "yet"},
		"a broken hash": {`{"users":[{"name":"admin","hash":"x"}]}`, "users.json is damaged: user admin: not an argon2id hash", "yet"},
		"no password":   {`{"users":[]}`, "nobody can sign in yet", "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, _ := damagedAccounts(t, c.text)
			b := serve(t, func(o *Options) { o.Passwords = p })
			eventually(t, "the start says so", func() bool { return strings.Contains(b.log.String(), c.want) })
			if strings.Contains(b.log.String(), c.not) {
				t.Errorf("the log says %q:\n%s", c.not, b.log)
			}
		})
	}
}
