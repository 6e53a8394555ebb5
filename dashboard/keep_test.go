package dashboard

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keeping serves with a file of sessions.
func keeping(t *testing.T, path string) *bench {
	return serve(t, func(o *Options) { o.Sessions = path })
}

// written waits until the file has as many sessions.
func written(t *testing.T, path string, want int) string {
	t.Helper()
	late := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(path)
		if err == nil && strings.Count(string(text), `"token_sha256"`) == want {
			return string(text)
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the file never had %d sessions: %v\n%s", want, err, text)
		}
	}
}

func (b *bench) withToken(token string) int {
	r, _ := b.do(stranger(), "GET", "/api/v1/session", "", "Cookie: "+cookieName+"="+token)
	return r.StatusCode
}

// TestSessionsOutliveARestart: a screen on the wall comes back by itself,
// even after a crash, in which nothing more is written.
func TestSessionsOutliveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.json")
	first := keeping(t, path)
	var tokens []string
	for range 2 {
		r, _ := first.attempt(stranger(), "admin", rightPassword)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("sign in: %s", r.Status)
		}
		tokens = append(tokens, r.Cookies()[0].Value)
	}
	text := written(t, path, 2)
	if strings.Contains(text, tokens[0]) || strings.Contains(text, tokens[1]) {
		t.Errorf("a token itself is in the file: %s", text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info.Mode(), err)
	}
	second := keeping(t, path) // while the first has not ended: as after a crash
	if got := second.withToken(tokens[0]); got != http.StatusOK {
		t.Errorf("after the restart: %d", got)
	}
	if r, _ := second.do(stranger(), "DELETE", "/api/v1/session", "", "Cookie: "+cookieName+"="+tokens[0]); r.StatusCode != http.StatusNoContent {
		t.Errorf("sign out: %s", r.Status)
	}
	written(t, path, 1)
	first.stop()
	second.stop() // the last word
	third := keeping(t, path)
	if got := third.withToken(tokens[0]); got != http.StatusUnauthorized {
		t.Errorf("signed out before the restart: %d", got)
	}
	if got := third.withToken(tokens[1]); got != http.StatusOK {
		t.Errorf("the other one: %d", got)
	}
}

// TestSessionsAreNotProlongedByARestart: what has expired, or whose password
// has changed meanwhile, is over.
func TestSessionsAreNotProlongedByARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.json")
	first := keeping(t, path)
	r, _ := first.attempt(stranger(), "admin", rightPassword)
	token := r.Cookies()[0].Value
	first.stop()
	expired := keeping(t, path)
	expired.clock.advance(sessionLife + time.Minute)
	if got := expired.withToken(token); got != http.StatusUnauthorized {
		t.Errorf("expired: %d", got)
	}
	written(t, path, 0)
	r, _ = expired.attempt(stranger(), "admin", rightPassword)
	token = r.Cookies()[0].Value
	expired.stop()
	// What was used by a clock that was 13 h ahead was not used after now.
	later := keeping(t, path)
	if got := later.withToken(token); got != http.StatusOK {
		t.Errorf("before the other password: %d", got)
	}
	later.accounts.set("another password")
	if got := later.withToken(token); got != http.StatusUnauthorized {
		t.Errorf("after the other password: %d", got)
	}
}

// TestUseIsWrittenNowAndThen: not at every use, or a wall would write each second.
func TestUseIsWrittenNowAndThen(t *testing.T) {
	now := time.Now()
	s := newSessions(func() time.Time { return now }, func(string) string { return "v" })
	token := s.begin("admin", "v")
	path := filepath.Join(t.TempDir(), "sessions.json")
	<-s.changed
	if err := s.save(path); err != nil {
		t.Fatal(err)
	}
	now = now.Add(keepEvery)
	s.use(token)
	if len(s.changed) != 0 {
		t.Error("a use is written though the file is young enough")
	}
	now = now.Add(time.Second)
	s.use(token)
	if len(s.changed) != 1 {
		t.Error("the file falls behind")
	}
}

// TestSignOutIsWrittenInTheEnd: what the disk refused is tried again.
func TestSignOutIsWrittenInTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	away := dir + ".away"
	path := filepath.Join(dir, "sessions.json")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := keeping(t, path).signIn()
	written(t, path, 1)
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	if r, text := b.do(b.client, "DELETE", "/api/v1/session", ""); r.StatusCode != 204 {
		t.Fatalf("sign out: %s %s", r.Status, text)
	}
	eventually(t, "the log says that it cannot be kept", func() bool { return strings.Contains(b.log.String(), "cannot be kept") })
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	written(t, path, 0)
}

// TestExpiredSessionsAreNotKept.
func TestExpiredSessionsAreNotKept(t *testing.T) {
	now := time.Now()
	s := newSessions(func() time.Time { return now }, func(string) string { return "v" })
	s.begin("admin", "v")
	path := filepath.Join(t.TempDir(), "sessions.json")
	now = now.Add(sessionLife + time.Second)
	if err := s.save(path); err != nil {
		t.Fatal(err)
	}
	written(t, path, 0)
}

// TestDamagedSessions: a file that says nothing costs a sign-in, no start.
func TestDamagedSessions(t *testing.T) {
	for _, text := range []string{"", "{", `{"sessions":[{"token_sha256":"xx","user":"admin"}]}`, `{"sessions":[{"token_sha256":"00","user":"admin"}]}`} {
		path := filepath.Join(t.TempDir(), "sessions.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := keeping(t, path)
		if r, _ := b.attempt(b.client, "admin", rightPassword); r.StatusCode != http.StatusOK {
			t.Errorf("with %q: %s", text, r.Status)
		}
		written(t, path, 1)
		if said := strings.Contains(b.log.String(), "everybody has to sign in again"); said != (len(text) < 2) {
			t.Errorf("with %q the log is:\n%s", text, b.log)
		}
	}
	b := keeping(t, filepath.Join(t.TempDir(), "no such folder", "sessions.json"))
	for range 3 {
		if r, _ := b.attempt(b.client, "admin", rightPassword); r.StatusCode != http.StatusOK {
			t.Errorf("where nothing can be written: %s", r.Status)
		}
	}
	b.stop()
	if n := strings.Count(b.log.String(), "cannot be kept for a restart"); n != 1 {
		t.Errorf("said %d times that nothing can be written", n)
	}
}
