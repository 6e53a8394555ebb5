package dashboard

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/live"
	"steward/gateway/store"
)

// hall is a small site.
func hall() *gateway.Site {
	lo := 0.0
	return &gateway.Site{
		ID: "hall", Name: gateway.Text{ZH: "大厅", EN: "Hall"}, Language: "zh", Zone: time.UTC,
		Areas: []gateway.Area{{ID: "cellar", Name: gateway.Text{ZH: "地下室", EN: "Cellar"}}},
		Units: []gateway.Unit{{ID: "a-1203", Area: "cellar", Name: gateway.Text{ZH: "A-1203", EN: "A-1203"}}},
		Assets: []gateway.Asset{
			{ID: "pump-1", Kind: "pump", Area: "cellar", Source: "modbus line unit 1", FedBy: []gateway.AssetID{"meter.main"}, Points: []gateway.Point{
				{Name: "running", Type: gateway.Bool, Fresh: time.Hour},
				{Name: "pressure", Unit: "MPa", Fresh: time.Hour, Min: &lo, Decimals: 2},
				{Name: "mode", Type: gateway.Enum, Labels: []gateway.Label{{Code: 1, Name: "auto"}}},
			}},
			{ID: "meter.main", Kind: "power_meter", Area: "cellar", Points: []gateway.Point{{Name: "power", Unit: "kW", Fresh: time.Hour}}},
			{ID: "empty", Kind: "contact", Area: "cellar"},
		},
	}
}

// parts stands in for everything behind the dashboard.
type parts struct {
	mu      sync.Mutex
	journal gateway.JournalStatus
	asked   []gateway.Query
	rules   gateway.RulesStatus
	state   store.Status
	answer  func(gateway.Query) ([]gateway.Series, error)
}

func (p *parts) Buses() []gateway.BusStatus {
	return []gateway.BusStatus{{ID: "line", URL: "tcp://10.0.0.5:502", State: gateway.StateUp, Requests: 7,
		Units: []gateway.UnitStatus{{Unit: 1, Quarantined: true}}}, {ID: "spare", State: gateway.StateStarting}}
}

func (p *parts) Brokers() []gateway.BrokerStatus {
	return []gateway.BrokerStatus{{ID: "main", State: gateway.StateDown, Error: "refused", Received: 3}}
}

func (p *parts) Sinks() []gateway.SinkStatus { return nil }

func (p *parts) Journal() gateway.JournalStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.journal
}

func (p *parts) Rules() gateway.RulesStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rules
}

func (p *parts) State() store.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

func (p *parts) Range(_ context.Context, q gateway.Query) ([]gateway.Series, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if p.answer != nil {
		return p.answer(q)
	}
	var all []gateway.Series
	for _, name := range q.Points {
		all = append(all, gateway.Series{Point: name})
	}
	return all, nil
}

// accounts checks passwords without the cost of a hash.
type accounts struct {
	mu       sync.Mutex
	password string
}

func (a *accounts) Verify(_ context.Context, user, password string) (bool, error) {
	if password == "broken" {
		return false, errors.New("the disk is on fire")
	}
	return user == "admin" && password == a.Version("admin"), nil
}

func (a *accounts) Version(user string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if user != "admin" {
		return ""
	}
	return a.password
}

func (a *accounts) Check(string) error { return nil }

func (a *accounts) set(password string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.password = password
}

// clock is the real time and an offset.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// record is a log that a test can read.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// bench is a running server with all that stands behind it.
type bench struct {
	t        *testing.T
	*parts   //
	accounts *accounts
	clock    *clock
	log      *record
	hub      *live.Hub
	desk     *desk
	records  *store.Store
	server   *Server
	url      string
	stop     func() // asks Serve to end and waits
	client   *http.Client
}

const rightPassword = "a right password"

// serve runs a server on a free port until the test ends.
func serve(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, parts: &parts{rules: gateway.RulesStatus{Readings: 5}, state: store.Status{Refused: 2}, journal: gateway.JournalStatus{State: gateway.StateUp, Dropped: map[string]uint64{"limit": 2}}},
		accounts: &accounts{password: rightPassword}, clock: &clock{}, log: &record{}, client: newClient()}
	b.hub = live.NewHub(live.Options{Site: hall(), Now: time.Now})
	b.desk = &desk{}
	b.records = openRecords(t)
	o := Options{Site: hall(), Live: b.hub, History: b.parts, System: b.parts, Desk: b.desk, Records: b.records, Passwords: b.accounts,
		Page: builtPage(), Version: "v1.2.3", Now: b.clock.Now, Log: slog.New(slog.NewTextHandler(b.log, nil))}
	if change != nil {
		change(&o)
	}
	var err error
	if b.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.url = "http://" + l.Addr().String()
	l = smallBuffers{l}
	if o.TLS {
		b.url = "https://" + l.Addr().String()
		made := httptest.NewTLSServer(nil) // for its certificate
		made.Close()
		l = tls.NewListener(l, &tls.Config{Certificates: made.TLS.Certificates, MinVersion: tls.VersionTLS12})
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := b.server.Serve(ctx, l); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	done.Go(func() { _ = b.hub.Run(ctx) })
	b.stop = func() { cancel(); done.Wait() }
	t.Cleanup(b.stop)
	return b
}

// desk stands in for the rules: it notes what is asked and answers what the
// test wants.
type desk struct {
	mu      sync.Mutex
	asked   []duty.Action
	changes duty.Changes
	err     error
}

func (d *desk) Act(_ context.Context, a duty.Action) (duty.Changes, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, a)
	return d.changes, d.err
}

func (d *desk) last() duty.Action {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) == 0 {
		return duty.Action{}
	}
	return d.asked[len(d.asked)-1]
}

func (d *desk) answer(c duty.Changes, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes, d.err = c, err
}

func (d *desk) Rules() []duty.Rule {
	return []duty.Rule{{ID: "PU-01", Kind: "pump", Priority: duty.P1, Assets: []gateway.AssetID{"pump-1"}}, {ID: "EL-14", Kind: "elevator", Priority: duty.P4, Needs: gateway.Text{ZH: "轿厢加速度计", EN: "a car accelerometer"}}}
}

func (d *desk) Explain(id gateway.AssetID) ([]duty.Explanation, error) {
	return []duty.Explanation{{Rule: d.Rules()[0], Asset: id, Truth: "false", State: duty.Normal}}, nil
}

func (d *desk) Facts() []duty.Fact { return []duty.Fact{{Name: "vacant", Unit: "a-1203", Number: 1}} }

func openRecords(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// smallBuffers keeps the kernel from swallowing megabytes for a client that
// does not read.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	return c, err
}

func builtPage() fstest.MapFS {
	return fstest.MapFS{
		"index.html":          {Data: []byte("<!doctype html><title>the page</title>")},
		"theme.js":            {Data: []byte("document")},
		"static/app-1f2e3.js": {Data: []byte(strings.Repeat("let a = 1;\n", 300))},
		".vite/manifest.json": {Data: []byte("{}")},
	}
}

func newClient() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: trusting()}
}

// stranger is a client that is not signed in.
func stranger() *http.Client { return &http.Client{Timeout: 30 * time.Second, Transport: trusting()} }

// trusting takes any certificate: the tests make their own.
func trusting() http.RoundTripper {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
}

// do sends a request with headers given as "Name: value".
func (b *bench) do(client *http.Client, method, path, body string, headers ...string) (*http.Response, []byte) {
	b.t.Helper()
	q, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ": "); ok {
			q.Header.Set(name, value)
		}
	}
	r, err := client.Do(q)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r, text
}

const jsonBody = "Content-Type: application/json"

func (b *bench) signIn() *bench {
	b.t.Helper()
	r, text := b.attempt(b.client, "admin", rightPassword)
	if r.StatusCode != http.StatusOK {
		b.t.Fatalf("sign in: %s %s", r.Status, text)
	}
	return b
}

func (b *bench) attempt(client *http.Client, user, password string) (*http.Response, []byte) {
	b.t.Helper()
	body, _ := json.Marshal(Credentials{user, password})
	return b.do(client, "POST", "/api/v1/session", string(body), jsonBody)
}

// get expects a status and returns the body.
func (b *bench) get(path string, status int) []byte {
	b.t.Helper()
	r, text := b.do(b.client, "GET", path, "")
	if r.StatusCode != status {
		b.t.Fatalf("GET %s: %s, want %d: %s", path, r.Status, status, text)
	}
	return text
}

// wantError checks an error's code and that its message says something.
func wantError(t *testing.T, text []byte, code, says string) {
	t.Helper()
	conforms(t, "Error", text)
	var e Error
	_ = json.Unmarshal(text, &e)
	if e.Error.Code != code || !strings.Contains(e.Error.Message, says) {
		t.Errorf("error is %+v, want code %s and a message with %q", e.Error, code, says)
	}
}

// event is one server-sent event; name "" is a comment.
type event struct{ name, id, data string }

// stream reads events until the test ends or the server ends the stream,
// which closes the channel.
func (b *bench) stream(path string) <-chan event {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.t.Cleanup(cancel)
	q, _ := http.NewRequestWithContext(ctx, "GET", b.url+path, nil)
	r, err := (&http.Client{Jar: b.client.Jar, Transport: b.client.Transport}).Do(q)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream") {
		text, _ := io.ReadAll(r.Body)
		b.t.Fatalf("GET %s: %s %s: %s", path, r.Status, r.Header.Get("Content-Type"), text)
	}
	events := make(chan event, 1000)
	go func() { // ends with ctx or the stream
		defer close(events)
		defer r.Body.Close()
		in := bufio.NewReader(r.Body)
		var e event
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.name != "" || value != "" {
					events <- e
				}
				e = event{}
			}
		}
	}()
	return events
}

// next returns the next event that is no beat.
func next(t *testing.T, events <-chan event) event {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the stream ended")
			}
			if e.name != "beat" && e.name != "" {
				return e
			}
		case <-late:
			t.Fatal("no event within 10 s")
		}
	}
}

// eventually polls until ok, and fails after 10 s.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func (b *bench) apply(asset string, values ...gateway.Value) {
	now := time.Now()
	b.hub.Apply(1, []gateway.Reading{{Asset: gateway.AssetID(asset), Time: now, Received: now, Values: values}})
}
