package dashboard

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

func TestHealthAndReadiness(t *testing.T) {
	b := serve(t, nil)
	if text := b.get("/healthz", 200); string(text) != "ok" {
		t.Errorf("healthz says %q", text)
	}
	b.signIn()
	conforms(t, "Ready", b.get("/readyz", 200))
	b.parts.mu.Lock()
	b.journal = gateway.JournalStatus{State: gateway.StateUp, Readers: []gateway.ReaderStatus{{Name: "influxdb", Error: "no route"}, {Name: "rules", Error: "no space"}}}
	b.parts.mu.Unlock()
	ill := func(setBack bool, failing string) {
		b.parts.mu.Lock()
		defer b.parts.mu.Unlock()
		b.parts.rules.SetBack, b.parts.state.LastError = setBack, failing
	}
	ill(true, "disk I/O error")
	if text := string(b.get("/readyz", 503)); !strings.Contains(text, "the clock was set back") || !strings.Contains(text, "not kept: disk I/O error") {
		t.Errorf("readyz does not say that nothing is kept: %s", text)
	}
	ill(false, "")
	if text := string(b.get("/readyz", 503)); !strings.Contains(text, "alarms and tickets: no space") || strings.Contains(text, "no route") {
		t.Errorf("readyz does not say that nothing is judged: %s", text)
	}
	b.parts.mu.Lock()
	b.journal = gateway.JournalStatus{State: gateway.StateDown, Error: "disk full"}
	b.parts.mu.Unlock()
	text := b.get("/readyz", 503)
	conforms(t, "Ready", text)
	if !strings.Contains(string(text), "journal: disk full") {
		t.Errorf("readyz does not say what is wrong: %s", text)
	}
	bare := serve(t, func(o *Options) { o.Site = nil }).signIn()
	if text := bare.get("/readyz", 503); !strings.Contains(string(text), "site: none is loaded") {
		t.Errorf("readyz without a site: %s", text)
	}
	wantError(t, bare.get("/api/v1/site", 503), "no_site", "no site")
	bare.server.SetSite(hall())
	bare.get("/readyz", 200)
}

func TestChanges(t *testing.T) {
	b := serve(t, nil).signIn()
	if got, want := string(b.get("/api/v1/changes", 200)), `{"changes":[]}`; got != want {
		t.Errorf("before anything happened: %s, want %s", got, want)
	}
	b.apply("pump-1", gateway.Good("running", 0), gateway.Good("pressure", 0.45))
	b.apply("pump-1", gateway.Good("running", 1), gateway.Good("pressure", 0.46))
	b.apply("pump-1", gateway.NotGood("running", gateway.QualityLost, "no answer"), gateway.NotGood("pressure", gateway.QualityLost, "no answer"))
	text := b.get("/api/v1/changes", 200)
	conforms(t, "Happenings", text)
	for _, want := range []string{
		`{"asset":"pump-1","point":"running","at":`,
		`"old":{"number":1,"quality":"good"},"new":{"number":null,"quality":"lost"},"more":1}`,
		`"old":{"number":0,"quality":"good"},"new":{"number":1,"quality":"good"}}`,
	} {
		if strings.Count(string(text), want) < 1 {
			t.Errorf("changes are %s, want %s among them", text, want)
		}
	}
}

func TestSiteAndAssets(t *testing.T) {
	b := serve(t, nil).signIn()
	b.apply("pump-1", gateway.Good("running", 1), gateway.Good("pressure", 0.45), gateway.NotGood("mode", gateway.QualityBad, "exception 02"))
	text := b.get("/api/v1/site", 200)
	conforms(t, "Site", text)
	var site Site
	if err := json.Unmarshal(text, &site); err != nil || site.Timezone != "UTC" || site.Version != "v1.2.3" || site.Name.ZH != "大厅" || len(site.Units) != 1 || site.Units[0].Name.ZH != "A-1203" {
		t.Errorf("site is %+v (%v)", site, err)
	}
	text = b.get("/api/v1/assets", 200)
	conforms(t, "Assets", text)
	var all Assets
	if err := json.Unmarshal(text, &all); err != nil || len(all.Assets) != 3 {
		t.Fatalf("assets: %v: %s", err, text)
	}
	v := all.Assets[0].Values
	if x := v["pressure"]; x.Number == nil || *x.Number != 0.45 || x.Quality != gateway.QualityGood || x.Time.IsZero() || x.Received.IsZero() {
		t.Errorf("pressure is %+v", x)
	}
	if x := v["mode"]; x.Number != nil || x.Quality != gateway.QualityBad || x.Reason != "exception 02" {
		t.Errorf("mode is %+v", x)
	}
	if x := all.Assets[1].Values["power"]; x.Number != nil || x.Quality != gateway.QualityUnknown || !x.Time.IsZero() {
		t.Errorf("power is %+v", x)
	}
	text = b.get("/api/v1/assets/meter.main", 200)
	conforms(t, "Asset", text)
	wantError(t, b.get("/api/v1/assets/nobody", 404), "unknown_asset", `"nobody"`)
	conforms(t, "Asset", b.get("/api/v1/assets/empty", 200))
}

func TestSystem(t *testing.T) {
	b := serve(t, nil).signIn()
	text := b.get("/api/v1/system", 200)
	conforms(t, "System", text)
	var y System
	if err := json.Unmarshal(text, &y); err != nil || y.Rules.Readings != 5 || y.State.Refused != 2 {
		t.Errorf("rules %+v, state %+v (%v)", y.Rules, y.State, err)
	}
	if strings.Contains(string(text), ":null") {
		t.Errorf("a list is null: %s", text)
	}
}

func TestMetrics(t *testing.T) {
	b := serve(t, nil).signIn()
	b.get("/api/v1/site", 200)
	text := string(b.get("/metrics", 200))
	for _, want := range []string{
		`steward_bus_requests_total{bus="line"} 7`, `steward_bus_units_quarantined{bus="line"} 1`, `steward_bus_up{bus="spare"} 0`,
		"steward_rules_readings_total 5", "steward_rules_clock_set_back 0", "steward_state_up 1", "steward_state_refused_total 2",
		`steward_broker_up{broker="main"} 0`, `steward_journal_dropped_total{reason="limit"} 2`, "go_goroutines ",
		"process_cpu_seconds_total ", `steward_build_info{version="v1.2.3"} 1`, `steward_sign_ins_total{result="ok"} 1`,
		`steward_http_requests_total{code="200",method="GET",route="/api/v1/site"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	b := serve(t, nil).signIn()
	var doc struct {
		Paths map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(b.get("/api/v1/openapi.json", 200), &doc); err != nil || len(doc.Paths) < 10 {
		t.Errorf("openapi.json has %d paths (%v)", len(doc.Paths), err)
	}
}

func TestUnknownAddresses(t *testing.T) {
	b := serve(t, nil).signIn()
	for _, path := range []string{"/api", "/api/", "/api/v1/nothing", "/api/v1/assets/pump-1/other", "/api/v1/site/"} {
		wantError(t, b.get(path, 404), "not_found", "nothing")
	}
	r, text := b.do(b.client, "POST", "/api/v1/site", "")
	if r.StatusCode != 405 || r.Header.Get("Allow") != "GET" {
		t.Errorf("POST to a GET address: %s, Allow %q", r.Status, r.Header.Get("Allow"))
	}
	wantError(t, text, "method_not_allowed", "GET")
	if r, _ := b.do(b.client, "PUT", "/somewhere", ""); r.StatusCode != 405 {
		t.Errorf("PUT on the page: %s", r.Status)
	}
	r, _ = b.do(b.client, "HEAD", "/healthz", "")
	if r.StatusCode != 200 {
		t.Errorf("HEAD /healthz: %s", r.Status)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", bodyLimit+1)
	if line, err := bufio.NewReader(c).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 413") {
		t.Errorf("a body over the limit: %q, %v", line, err)
	}
}

func TestPage(t *testing.T) {
	b := serve(t, nil)
	for _, c := range []struct{ path, kind, cache, has string }{
		{"/", "text/html; charset=utf-8", "no-cache", "the page"},
		{"/index.html", "text/html; charset=utf-8", "no-cache", "the page"},
		{"/assets/pump-1", "text/html; charset=utf-8", "no-cache", "the page"},
		{"/.vite/manifest.json", "text/html; charset=utf-8", "no-cache", "the page"},
		{"/../../etc/passwd", "text/html; charset=utf-8", "no-cache", "the page"},
		{"/theme.js", "text/javascript; charset=utf-8", "no-cache", "document"},
		{"/static/app-1f2e3.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "let a"},
	} {
		for _, encoding := range []string{"identity", "gzip, br"} {
			r, text := b.do(stranger(), "GET", c.path, "", "Accept-Encoding: "+encoding)
			if r.StatusCode != 200 || r.Header.Get("Content-Type") != c.kind || r.Header.Get("Cache-Control") != c.cache {
				t.Errorf("%s: %s, %q, %q", c.path, r.Status, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"))
			}
			zipped := r.Header.Get("Content-Encoding") == "gzip"
			if want := strings.HasPrefix(encoding, "gzip") && strings.HasPrefix(c.path, "/static/"); zipped != want {
				t.Errorf("%s with %s: gzip is %v", c.path, encoding, zipped)
			}
			if !zipped && !strings.Contains(string(text), c.has) {
				t.Errorf("%s: %s", c.path, text)
			}
			again, _ := b.do(stranger(), "GET", c.path, "", "If-None-Match: "+r.Header.Get("ETag"))
			if again.StatusCode != 304 {
				t.Errorf("%s again: %s", c.path, again.Status)
			}
		}
	}
	wantError(t, b.get("/static/app-old.js", 404), "not_found", "nothing")
	// Go's client unpacks by itself when nothing is asked.
	if text := b.get("/static/app-1f2e3.js", 200); string(text) != strings.Repeat("let a = 1;\n", 300) {
		t.Errorf("unpacked script has %d bytes", len(text))
	}
}

func TestPageThatWasNotBuilt(t *testing.T) {
	for name, page := range map[string]fs.FS{"none": nil, "empty": fsOnly{}} {
		b := serve(t, func(o *Options) { o.Page = page })
		if text := b.get("/anything", 200); !strings.Contains(string(text), "make build") {
			t.Errorf("%s: the page does not say how to build it: %s", name, text)
		}
	}
}

type fsOnly struct{}

func (fsOnly) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }

func TestSecurityHeaders(t *testing.T) {
	plain, secure := serve(t, nil), serve(t, func(o *Options) { o.TLS = true })
	for _, path := range []string{"/", "/healthz", "/api/v1/site", "/static/none.js"} {
		r, _ := plain.do(stranger(), "GET", path, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Strict-Transport-Security": "", "Access-Control-Allow-Origin": "", "Server": "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		r, _ = secure.do(stranger(), "GET", path, "")
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s under TLS: no HSTS", path)
		}
	}
}

func TestPanicIsAnAnswerAndOneLogEntry(t *testing.T) {
	b := serve(t, nil).signIn()
	b.parts.answer = func(gateway.Query) ([]gateway.Series, error) { panic("a fault") }
	for range 3 {
		wantError(t, b.get("/api/v1/assets/pump-1/history?points=pressure", 500), "internal", "log")
	}
	if n := strings.Count(b.log.String(), "a fault"); n != 1 {
		t.Errorf("the panic is %d times in the log, want once: %s", n, b.log)
	}
	if !strings.Contains(b.log.String(), "goroutine") {
		t.Error("the log has no stack")
	}
	b.get("/healthz", 200)
}

func TestNewWantsItsParts(t *testing.T) {
	if _, err := New(Options{Log: slog.Default(), Now: time.Now}); err == nil {
		t.Error("a server of nothing was made")
	}
}

func TestSamples(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123)
	got, err := json.Marshal(Samples{
		{Time: at, Number: 1.5, Quality: gateway.QualityGood},
		{Time: at, Number: math.NaN(), Quality: gateway.QualityLost},
		{Time: at, Number: 1e-9, Quality: gateway.QualityUncertain},
	})
	if want := `[[1700000000123,1.5],[1700000000123,null,"lost"],[1700000000123,1e-09,"uncertain"]]`; err != nil || string(got) != want {
		t.Errorf("samples are %s (%v), want %s", got, err, want)
	}
}
