package dashboard

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// batch decodes an event's data and checks that its id is its position.
func batch(t *testing.T, e event) Batch {
	t.Helper()
	conforms(t, "Batch", []byte(e.data))
	var x Batch
	if err := json.Unmarshal([]byte(e.data), &x); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(strings.TrimSuffix(e.id, "f"), fmt.Sprintf("-%d", x.Position)) || x.Now == 0 {
		t.Errorf("event %s has id %s and says %d, now %d", e.name, e.id, x.Position, x.Now)
	}
	return x
}

func TestStreamOrder(t *testing.T) {
	b := serve(t, nil).signIn()
	b.apply("pump-1", gateway.Good("pressure", 0.25))
	events := b.stream("/api/v1/live")
	e := next(t, events)
	conforms(t, "Description", []byte(e.data))
	var d Description
	if err := json.Unmarshal([]byte(e.data), &d); err != nil || e.name != "description" || d.Site.ID != "hall" || len(d.Assets) != 3 {
		t.Fatalf("first event %s %s (%v)", e.name, e.data, err)
	}
	e = next(t, events)
	if e.name != "snapshot" {
		t.Fatalf("second event is %s", e.name)
	}
	was := batch(t, e)
	if len(was.Values) != 4 {
		t.Errorf("snapshot has %d rows, want one for each point", len(was.Values))
	}
	for i := range 5 {
		b.apply("pump-1", gateway.Good("running", float64(i%2)))
		for seen := false; !seen; { // the pressure of the beginning may come between
			e = next(t, events)
			now := batch(t, e)
			if e.name != "change" || now.Position != was.Position+1 {
				t.Fatalf("%s at %d after %d", e.name, now.Position, was.Position)
			}
			was = now
			for _, row := range now.Values {
				seen = seen || row[0] == 0.0 && row[1] == 0.0 && row[2] == float64(i%2) && row[3] == "good"
			}
		}
	}
	b.hub.SetSite(hall())
	if a, c := next(t, events), next(t, events); a.name != "description" || c.name != "snapshot" {
		t.Errorf("after a reload: %s, %s", a.name, c.name)
	}
}

// What a point means travels once for its kind, and only for points that there are.
func TestStreamTellsWhatPointsMean(t *testing.T) {
	b := serve(t, nil).signIn()
	site := hall()
	site.Assets[2].Points = []gateway.Point{{Name: "open", Type: gateway.Bool}, {Name: "battery"}}
	b.hub.SetSite(site)
	for _, address := range []string{"/api/v1/live", "/api/v1/live?assets=pump-1"} {
		e := next(t, b.stream(address))
		conforms(t, "Description", []byte(e.data))
		var d Description
		if err := json.Unmarshal([]byte(e.data), &d); err != nil {
			t.Fatal(err)
		}
		all := !strings.Contains(address, "assets")
		if got := d.Docs["contact"]["open"]; (got.ZH != "" && got.EN != "") != all {
			t.Errorf("%s: a contact's open means %+v", address, got)
		}
		if n := len(d.Docs["contact"]); all && n != 1 {
			t.Errorf("%s: %d points of a contact are told, want open alone: %v", address, n, d.Docs["contact"])
		}
		if got, ok := d.Docs["power_meter"]["power"]; ok != all {
			t.Errorf("%s: a meter's power means %+v", address, got)
		}
	}
}

func TestStreamUnderTLS(t *testing.T) {
	b := serve(t, func(o *Options) { o.TLS = true }).signIn()
	events := b.stream("/api/v1/live")
	next(t, events)
	next(t, events)
	b.apply("pump-1", gateway.Good("running", 1))
	if x := batch(t, next(t, events)); len(x.Values) != 1 || x.Values[0][2] != 1.0 {
		t.Errorf("change has %v", x.Values)
	}
	began := time.Now()
	b.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s, want at most 3 s", took)
	}
	ended(t, events)
}

func TestStreamOfSomeAssets(t *testing.T) {
	b := serve(t, nil).signIn()
	events := b.stream("/api/v1/live?assets=meter.main,%20meter.main")
	var d Description
	_ = json.Unmarshal([]byte(next(t, events).data), &d)
	if len(d.Assets) != 1 || d.Assets[0].ID != "meter.main" {
		t.Fatalf("description has %+v", d.Assets)
	}
	if s := batch(t, next(t, events)); len(s.Values) != 1 {
		t.Errorf("snapshot has %v", s.Values)
	}
	b.apply("pump-1", gateway.Good("running", 1))
	b.apply("meter.main", gateway.Good("power", 12.5))
	if s := batch(t, next(t, events)); len(s.Values) != 1 || s.Values[0][0] != 0.0 || s.Values[0][2] != 12.5 {
		t.Errorf("change has %v", s.Values)
	}
	wantError(t, b.get("/api/v1/live?assets=meter.main,nobody", 400), "unknown_asset", `"nobody"`)
}

// TestStreamOfAFocus gives measurements of what is looked at alone, states of
// all, and goes on behind an event of another focus.
func TestStreamOfAFocus(t *testing.T) {
	b := serve(t, nil).signIn()
	b.apply("pump-1", gateway.Good("running", 0), gateway.Good("pressure", 0.4))
	b.apply("meter.main", gateway.Good("power", 1))
	events := b.stream("/api/v1/live?focus=")
	next(t, events)
	next(t, events)
	b.apply("meter.main", gateway.Good("power", 2))
	b.apply("pump-1", gateway.Good("running", 1))
	e := next(t, events)
	if x := batch(t, e); len(x.Values) != 1 || x.Values[0][2] != 1.0 {
		t.Errorf("a stream that looks at nothing has the change %v, want the pump's state alone", x.Values)
	}
	nearer := b.stream("/api/v1/live?focus=meter.main&after=" + e.id)
	if e = next(t, nearer); e.name != "change" || len(batch(t, e).Values) != 1 || batch(t, e).Values[0][2] != 2.0 {
		t.Errorf("with a new focus the first event is %s %s, want the meter's value", e.name, e.data)
	}
	if e = next(t, b.stream("/api/v1/live?after="+e.id)); e.name != "snapshot" || len(batch(t, e).Values) < 3 {
		t.Errorf("without a focus the first event is %s %s, want the snapshot", e.name, e.data)
	}
	wantError(t, b.get("/api/v1/live?focus=pump-1&assets=pump-1", 400), "bad_query", "focus")
}

func TestStreamBeats(t *testing.T) {
	b := serve(t, nil)
	b.server.beat = 5 * time.Millisecond
	events := b.signIn().stream("/api/v1/live")
	beats := 0
	late := time.After(10 * time.Second)
	for beats < 10 {
		select {
		case e := <-events:
			if e.name == "beat" {
				conforms(t, "Beat", []byte(e.data))
				beats++
			}
		case <-late:
			t.Fatalf("%d beats in 10 s", beats)
		}
	}
}

// TestStreamResumes cuts a client off; it goes on behind its last event.
func TestStreamResumes(t *testing.T) {
	b := serve(t, nil).signIn()
	b.apply("pump-1", gateway.Good("running", 0))
	events := b.stream("/api/v1/live?assets=pump-1")
	next(t, events)
	id := next(t, events).id
	again := b.stream("/api/v1/live?assets=pump-1&after=" + id)
	b.apply("pump-1", gateway.Good("running", 1))
	e := next(t, again)
	if x := batch(t, e); e.name != "change" || len(x.Values) != 1 || x.Values[0][2] != 1.0 {
		t.Errorf("the first event after %s is %s %s, want the one change since", id, e.name, e.data)
	}
	anew := b.stream("/api/v1/live?assets=pump-1&after=nonsense")
	if e := next(t, anew); e.name != "description" {
		t.Errorf("after an unknown id the first event is %s, want the description", e.name)
	}
}

// TestStreamTellsOfDuty gives each stream the alarms and tickets of its
// assets, each once and as it is last.
func TestStreamTellsOfDuty(t *testing.T) {
	b := serve(t, nil).signIn()
	one, all := b.stream("/api/v1/live?assets=pump-1"), b.stream("/api/v1/live")
	for _, events := range []<-chan event{one, all} {
		next(t, events)
		next(t, events)
	}
	alarm := duty.Alarm{ID: "A000001", AlarmKey: duty.AlarmKey{Asset: "pump-1", Rule: "PU-01"}, State: duty.Unacknowledged, Priority: duty.P1}
	other := duty.Alarm{ID: "A000002", AlarmKey: duty.AlarmKey{Asset: "meter.main", Rule: "PW-03"}, State: duty.Unacknowledged, Priority: duty.P1}
	b.server.Publish(duty.Changes{Alarms: []duty.Alarm{alarm, other}, Tickets: []duty.Ticket{{ID: "T000001", Priority: duty.P2, State: duty.TicketOpen}}})
	for what, c := range map[string]struct {
		events <-chan event
		alarms int
	}{"a stream of one asset": {one, 1}, "a stream of all": {all, 2}} {
		e := next(t, c.events)
		conforms(t, "Changes", []byte(e.data))
		var x Changes
		if err := json.Unmarshal([]byte(e.data), &x); err != nil || e.name != "duty" || len(x.Alarms) != c.alarms || len(x.Tickets) != 1 {
			t.Errorf("%s was told %s %s (%v)", what, e.name, e.data, err)
		}
	}
}

// TestBoardTellsTheNewest leaves a client behind by more than is kept.
func TestBoardTellsTheNewest(t *testing.T) {
	b := newBoard()
	w := b.subscribe(nil)
	for _, state := range []duty.AlarmState{duty.Unacknowledged, duty.Acknowledged} {
		b.publish(duty.Changes{Alarms: []duty.Alarm{{ID: "A000001", State: state}}})
	}
	if c, ok := w.take(); !ok || len(c.Alarms) != 1 || c.Alarms[0].State != duty.Acknowledged {
		t.Errorf("told %+v, want the alarm once, acknowledged", c)
	}
	for i := range maxNews + 1 {
		b.publish(duty.Changes{Alarms: []duty.Alarm{{ID: strconv.Itoa(i)}}})
	}
	if c, ok := w.take(); !ok || !c.Reload || len(c.Alarms) != 0 {
		t.Errorf("told %d alarms, reload %v: want to be told to ask anew", len(c.Alarms), c.Reload)
	}
	if _, ok := w.take(); ok {
		t.Error("told the same twice")
	}
	b.leave(w)
	b.publish(duty.Changes{Alarms: []duty.Alarm{{ID: "A000001"}}})
	if _, ok := w.take(); ok {
		t.Error("told after leaving")
	}
}

func TestStreamEndsWithTheSession(t *testing.T) {
	b := serve(t, nil).signIn()
	events := b.stream("/api/v1/live")
	next(t, events)
	b.do(b.client, "DELETE", "/api/v1/session", "")
	ended(t, events)
	// A new password ends it too, at the next beat.
	b.server.beat = 5 * time.Millisecond
	events = b.signIn().stream("/api/v1/live")
	next(t, events)
	b.accounts.set("another password")
	ended(t, events)
	eventually(t, "no subscriber is left", func() bool { return b.hub.Stats().Subscribers == 0 })
}

func ended(t *testing.T, events <-chan event) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
		case <-late:
			t.Fatal("the stream did not end within 10 s")
		}
	}
}

func TestStreamsAreCounted(t *testing.T) {
	b := serve(t, nil).signIn()
	b.server.mu.Lock()
	for range maxStreams {
		b.server.streams[&stream{conn: &net.TCPConn{}}] = struct{}{}
	}
	b.server.mu.Unlock()
	wantError(t, b.get("/api/v1/live", 503), "too_many_streams", "1000")
	b.server.mu.Lock()
	clear(b.server.streams)
	b.server.mu.Unlock()
}

// sleeper opens a stream and never reads it.
func sleeper(t *testing.T, b *bench) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	q, _ := http.NewRequest("GET", b.url+"/api/v1/live", nil)
	for _, cookie := range b.client.Jar.Cookies(q.URL) {
		q.AddCookie(cookie)
	}
	if err := q.Write(c); err != nil {
		t.Fatal(err)
	}
	return c
}

// flood applies long reasons until ctx of the test ends or stop is called.
func flood(t *testing.T, b *bench) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // ends with done
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-tick.C:
				reason := strings.Repeat(strconv.Itoa(i%10), 200)
				b.apply("pump-1", gateway.NotGood("mode", gateway.QualityBad, reason), gateway.Good("running", float64(i%2)))
			}
		}
	})
	stop = sync.OnceFunc(func() { close(done); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// A client that takes nothing is dropped in time, and meanwhile the others
// get what they should.
func TestSlowClient(t *testing.T) {
	b := serve(t, func(o *Options) {
		site := hall()
		for i := range 500 { // a description that fills every buffer on the way
			site.Assets = append(site.Assets, gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("filler-%04d-%s", i, strings.Repeat("x", 40))),
				Points: []gateway.Point{{Name: "contact", Title: gateway.Text{EN: strings.Repeat("t", 800)}}}})
		}
		o.Site = site
		o.Live.(interface{ SetSite(*gateway.Site) }).SetSite(site)
	})
	b.server.stall = 300 * time.Millisecond
	b.signIn()
	sleeper(t, b)
	eventually(t, "the sleeper is served", func() bool { return b.hub.Stats().Subscribers == 1 })
	events := b.stream("/api/v1/live?assets=pump-1")
	next(t, events)
	next(t, events)
	began := time.Now()
	b.apply("pump-1", gateway.Good("running", 1))
	next(t, events)
	t.Logf("a change took %s beside a client that takes nothing", time.Since(began))
	eventually(t, "the sleeper is dropped", func() bool { return b.hub.Stats().Subscribers == 1 })
}

func TestStopWithOpenStreams(t *testing.T) {
	b := serve(t, nil).signIn()
	var open []<-chan event
	for range 5 {
		events := b.stream("/api/v1/live")
		next(t, events)
		open = append(open, events)
	}
	stopFlood := flood(t, b)
	for range 3 {
		sleeper(t, b)
	}
	idle, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	eventually(t, "all streams run", func() bool { return b.hub.Stats().Subscribers == 8 })
	began := time.Now()
	b.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s, want at most 3 s", took)
	} else {
		t.Logf("stopped in %s", took)
	}
	stopFlood()
	for _, events := range open {
		ended(t, events)
	}
	if n := b.hub.Stats().Subscribers; n != 0 {
		t.Errorf("%d subscribers are left", n)
	}
	if _, err := http.Get(b.url + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

func TestClientThatGoesAway(t *testing.T) {
	b := serve(t, nil).signIn()
	stopFlood := flood(t, b)
	defer stopFlood()
	for range 10 {
		c := sleeper(t, b)
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		c.Close()
	}
	eventually(t, "every subscription is closed", func() bool { return b.hub.Stats().Subscribers == 0 })
}
