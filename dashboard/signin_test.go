package dashboard

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestNothingAnswersWithoutASession walks the whole table, and what is not in
// it, without a cookie and with a wrong one.
func TestNothingAnswersWithoutASession(t *testing.T) {
	b := serve(t, nil)
	open := map[string]bool{"GET /healthz": true, "POST /api/v1/session": true}
	cases := []string{"GET /api", "GET /api/v1/nothing", "GET /api/v2/site", "POST /api/v1/site", "DELETE /api/v1/assets/pump-1", "PUT /metrics", "GET //api/v1/site", "GET /x/../api/v1/site"}
	seen := 0
	for _, r := range routes() {
		what := r.method + " " + strings.ReplaceAll(r.path, ":id", "pump-1")
		if open[what] {
			seen++
			continue
		}
		cases = append(cases, what, "HEAD "+strings.TrimPrefix(what, r.method+" "))
	}
	if seen != len(open) {
		t.Fatalf("%d open routes in the table, want %d", seen, len(open))
	}
	for _, what := range cases {
		method, path, _ := strings.Cut(what, " ")
		for _, cookie := range []string{"", "Cookie: steward_session=", "Cookie: steward_session=" + strings.Repeat("A", 43)} {
			r, text := b.do(stranger(), method, path, "", cookie)
			if r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with %q: %s: %.200s", what, cookie, r.Status, text)
				continue
			}
			if method != "HEAD" {
				wantError(t, text, "signed_out", "sign in")
			}
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	b := serve(t, nil)
	r, text := b.attempt(b.client, "admin", "wrong password")
	if r.StatusCode != 401 || len(r.Cookies()) != 0 {
		t.Errorf("a wrong password: %s, cookies %v", r.Status, r.Cookies())
	}
	wantError(t, text, "bad_credentials", "wrong")
	r, text = b.attempt(b.client, "admin", rightPassword)
	conforms(t, "Session", text)
	if r.StatusCode != 200 || len(r.Cookies()) != 1 {
		t.Fatalf("the right password: %s %s, cookies %v", r.Status, text, r.Cookies())
	}
	c := r.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" || len(c.Value) < 43 {
		t.Errorf("cookie %+v", c)
	}
	if text := b.get("/api/v1/session", 200); string(text) != `{"user":"admin"}` {
		t.Errorf("session: %s", text)
	}
	if r, _ := b.do(b.client, "DELETE", "/api/v1/session", ""); r.StatusCode != 204 {
		t.Errorf("sign out: %s", r.Status)
	}
	// The token itself is worth nothing any more.
	if r, _ := b.do(stranger(), "GET", "/api/v1/site", "", "Cookie: steward_session="+c.Value); r.StatusCode != 401 {
		t.Errorf("after signing out: %s", r.Status)
	}
	log := b.log.String()
	for _, want := range []string{`event="sign-in failed" user=admin from=127.0.0.1`, `event="signed in" user=admin`, `event="signed out" user=admin`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	b.attempt(b.client, rightPassword, "typed into the wrong field")
	if strings.Contains(b.log.String(), rightPassword) || strings.Contains(b.log.String(), "wrong password") {
		t.Errorf("a password is in the log:\n%s", b.log)
	}
}

func TestSignInUnderTLS(t *testing.T) {
	b := serve(t, func(o *Options) { o.TLS = true })
	r, _ := b.attempt(stranger(), "admin", rightPassword)
	if len(r.Cookies()) != 1 || !r.Cookies()[0].Secure {
		t.Errorf("cookies under TLS: %v", r.Cookies())
	}
}

func TestSessionEnds(t *testing.T) {
	b := serve(t, nil).signIn()
	b.clock.advance(11 * time.Hour)
	b.get("/api/v1/session", 200) // sliding
	b.clock.advance(11 * time.Hour)
	b.get("/api/v1/session", 200)
	b.clock.advance(13 * time.Hour)
	b.get("/api/v1/session", 401)
	b.signIn()
	b.accounts.set("another password")
	b.get("/api/v1/session", 401)
}

func TestSessionsAreBounded(t *testing.T) {
	now := time.Now()
	s := newSessions(func() time.Time { now = now.Add(time.Second); return now }, func(string) string { return "v" })
	first := s.begin("admin", "v")
	second := s.begin("admin", "v")
	s.use(first)
	for range maxSessions - 1 {
		s.begin("admin", "v")
	}
	if s.use(first) == nil || s.use(second) != nil || len(s.open) != maxSessions {
		t.Errorf("%d sessions; the least recently used should have ended", len(s.open))
	}
}

func TestBadSignInRequests(t *testing.T) {
	b := serve(t, nil)
	for _, c := range []struct{ body, header string }{
		{`{"user":"admin","password":"x"}`, "Content-Type: text/plain"},
		{`{"user":"admin","password":"x"}`, ""},
		{``, jsonBody}, {`[]`, jsonBody}, {`{"user":1}`, jsonBody}, {`{"user":"admin"}`, jsonBody}, {`{`, jsonBody},
	} {
		r, text := b.do(b.client, "POST", "/api/v1/session", c.body, c.header)
		if r.StatusCode != 400 {
			t.Errorf("%q with %q: %s", c.body, c.header, r.Status)
			continue
		}
		wantError(t, text, "bad_request", "body")
	}
	r, text := b.attempt(b.client, "admin", "broken")
	if r.StatusCode != 503 || strings.Contains(string(text), "fire") {
		t.Errorf("accounts that cannot be read: %s %s", r.Status, text)
	}
	if !strings.Contains(b.log.String(), "fire") {
		t.Error("the log does not say why")
	}
}

func TestForeignOrigins(t *testing.T) {
	b := serve(t, nil)
	host := strings.TrimPrefix(b.url, "http://")
	body := fmt.Sprintf(`{"user":"admin","password":%q}`, rightPassword)
	for _, c := range []struct {
		headers []string
		status  int
	}{
		{nil, 200},
		{[]string{"Origin: http://" + host}, 200},
		{[]string{"Sec-Fetch-Site: same-origin", "Origin: http://" + host}, 200},
		{[]string{"Origin: http://evil.example"}, 403},
		{[]string{"Origin: null"}, 403},
		{[]string{"Origin: http://" + host + ".evil.example"}, 403},
		{[]string{"Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Sec-Fetch-Site: same-site", "Origin: http://" + host}, 403},
	} {
		r, text := b.do(stranger(), "POST", "/api/v1/session", body, append(c.headers, jsonBody)...)
		if r.StatusCode != c.status {
			t.Errorf("%v: %s, want %d: %s", c.headers, r.Status, c.status, text)
		}
	}
	b.signIn()
	if r, _ := b.do(b.client, "DELETE", "/api/v1/session", "", "Origin: http://evil.example"); r.StatusCode != 403 {
		t.Errorf("foreign sign-out: %s", r.Status)
	}
	b.get("/api/v1/session", 200)
}

func TestGuessingIsSlowedDown(t *testing.T) {
	b := serve(t, nil)
	codes := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 { // at once: no further than in turn
		all.Go(func() {
			r, _ := b.attempt(stranger(), "admin", "guess")
			mu.Lock()
			codes[r.StatusCode]++
			mu.Unlock()
		})
	}
	all.Wait()
	if codes[401] != freeAttempts || codes[429] != 20-freeAttempts {
		t.Errorf("answers %v, want %d times 401 and 429 for the rest", codes, freeAttempts)
	}
	r, text := b.attempt(b.client, "admin", rightPassword)
	if r.StatusCode != 429 || r.Header.Get("Retry-After") == "" {
		t.Errorf("while held back: %s, Retry-After %q", r.Status, r.Header.Get("Retry-After"))
	}
	wantError(t, text, "too_many_attempts", "wait")
	if n := strings.Count(b.log.String(), "held back"); n != 1 {
		t.Errorf("%d lines about being held back, want 1", n)
	}
	b.clock.advance(2 * time.Second)
	b.signIn()
	if r, _ := b.attempt(stranger(), "admin", "guess"); r.StatusCode != 401 {
		t.Errorf("after signing in the address is forgiven: %s", r.Status)
	}
}

func TestLimiter(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(func() time.Time { return now })
	a := netip.MustParseAddr("10.0.0.1")
	var waits []time.Duration
	for range 16 {
		for {
			wait := l.begin(a)
			if wait == 0 {
				break
			}
			waits = append(waits, wait)
			now = now.Add(wait)
		}
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if waits[i] != want*time.Second {
			t.Fatalf("waits %v: number %d should be %d s", waits, i, want)
		}
	}
	now = now.Add(forgetAfter + longestWait)
	if wait := l.begin(a); wait != 0 {
		t.Errorf("long after: wait %s", wait)
	}
	// One network of IPv6 is one client, whatever the address.
	for i := range freeAttempts {
		l.begin(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1)))
	}
	if l.begin(netip.MustParseAddr("2001:db8::ffff")) == 0 {
		t.Error("another address of the same network need not wait")
	}
	if l.begin(netip.MustParseAddr("2001:db8:0:1::1")) != 0 {
		t.Error("another network has to wait")
	}
}

func TestLimiterGlobalAndBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(func() time.Time { return now })
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	let := 0
	for i := range 1000 {
		if l.begin(address(i)) == 0 {
			let++
		}
	}
	if let != globalBurst {
		t.Errorf("%d attempts of 1000 addresses got through, want %d", let, globalBurst)
	}
	for i := range 3 * maxAddresses {
		now = now.Add(globalRefill)
		l.begin(address(i))
	}
	if len(l.clients) > maxAddresses {
		t.Errorf("%d addresses are remembered, want at most %d", len(l.clients), maxAddresses)
	}
}

func TestBasic(t *testing.T) {
	b := serve(t, nil)
	basic := func(s string) string { return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, path := range []string{"/metrics", "/readyz"} {
		for range 2 {
			if r, text := b.do(stranger(), "GET", path, "", basic("admin:"+rightPassword)); r.StatusCode != 200 {
				t.Errorf("%s with Basic: %s %.100s", path, r.Status, text)
			}
		}
		r, _ := b.do(stranger(), "GET", path, "", basic("admin:nonsense"))
		if r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s with a wrong one: %s", path, r.Status)
		}
		for _, header := range []string{"Authorization: Basic !", "Authorization: Bearer x", basic("admin")} {
			if r, _ := b.do(stranger(), "GET", path, "", header); r.StatusCode != 401 {
				t.Errorf("%s with %q: %s", path, header, r.Status)
			}
		}
	}
	if r, _ := b.do(stranger(), "GET", "/api/v1/site", "", basic("admin:"+rightPassword)); r.StatusCode != 401 {
		t.Errorf("Basic on the API: %s", r.Status)
	}
	b.accounts.set("a newer password")
	if r, _ := b.do(stranger(), "GET", "/metrics", "", basic("admin:"+rightPassword)); r.StatusCode != 401 {
		t.Errorf("Basic after the password changed: %s", r.Status)
	}
}

func TestPasswordsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.json")
	p := NewPasswords(path)
	if ok, err := p.Verify(t.Context(), "admin", "anything at all"); ok || err != nil {
		t.Errorf("without a file: %v, %v", ok, err)
	}
	for user, password := range map[string]string{"admin": "too short", "Admin": "long enough", "": "long enough", "a b": "long enough", "admin2": strings.Repeat("x", maxPassword+1)} {
		if err := p.Set(user, password); err == nil {
			t.Errorf("user %q, password %q was taken", user, password)
		}
	}
	if err := p.Set("admin", "密码密码密码密码密码"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".users-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	before := p.Version("admin")
	if ok, err := p.Verify(t.Context(), "admin", "密码密码密码密码密码"); !ok || err != nil || before == "" {
		t.Errorf("the right password: %v, %v, version %q", ok, err, before)
	}
	// Another process sets it: seen without a restart.
	if err := NewPasswords(path).Set("admin", "set from elsewhere"); err != nil {
		t.Fatal(err)
	}
	if p.Version("admin") == before {
		t.Error("the version is the old one")
	}
	for password, want := range map[string]bool{"set from elsewhere": true, "密码密码密码密码密码": false, "": false} {
		if ok, err := p.Verify(t.Context(), "admin", password); ok != want || err != nil {
			t.Errorf("%q: %v, %v; want %v", password, ok, err, want)
		}
	}
}

func TestHashes(t *testing.T) {
	hash, err := HashPassword("0123456789")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=9216,t=4,p=1$") {
		t.Fatalf("hash %q, %v", hash, err)
	}
	if again, _ := HashPassword("0123456789"); again == hash {
		t.Error("two hashes of one password are alike: no salt")
	}
	for _, bad := range []string{"", "x", "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", strings.Replace(hash, "m=9216", "m=99999999", 1),
		strings.Replace(hash, "t=4", "t=0", 1), strings.Replace(hash, "p=1", "p=1x", 1), strings.Replace(hash, "v=19", "v=16", 1), hash + "$", hash[:len(hash)-40]} {
		if ok, err := VerifyPassword(bad, "0123456789"); ok || err == nil {
			t.Errorf("hash %q: %v, %v", bad, ok, err)
		}
	}
	if ok, err := VerifyPassword(decoyHash(), "0123456789"); ok || err != nil {
		t.Errorf("decoy: %v, %v", ok, err)
	}
	// Computed by the reference implementation (argon2 1.0, -id -t 2 -m 16 -p 1).
	reference := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := VerifyPassword(reference, "password"); !ok || err != nil {
		t.Errorf("the reference's hash: %v, %v", ok, err)
	}
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=9216,t=4,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err == nil && (h.memory > 256<<10 || h.time > 16 || h.threads == 0 || len(h.key) == 0) {
			t.Errorf("%q is taken with cost %+v", s, h)
		}
	})
}

func TestCredentialsAreNotEchoed(t *testing.T) {
	b := serve(t, nil)
	_, text := b.attempt(b.client, "<script>", "secret secret")
	if strings.Contains(string(text), "script") || strings.Contains(string(text), "secret") {
		t.Errorf("the answer repeats what was sent: %s", text)
	}
	var e Error
	if json.Unmarshal(text, &e) != nil {
		t.Errorf("no JSON: %s", text)
	}
}
