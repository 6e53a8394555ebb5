package dashboard

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
)

// keep commits two alarms and two tickets: one of each on the pump, in the
// cellar, and one that is over on an asset the site no longer has.
func (b *bench) keep() {
	b.t.Helper()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	step := func(seq uint64, id string, asset gateway.AssetID, rule string, p duty.Priority, from, to duty.AlarmState) duty.Transition {
		t := duty.Transition{Seq: seq, At: at.Add(time.Duration(seq) * time.Minute), Event: duty.EventRaise, From: from, To: to}
		t.Alarm = duty.Alarm{ID: id, AlarmKey: duty.AlarmKey{Asset: asset, Rule: rule}, Fault: rule, Priority: p, Class: duty.ClassEmergency, State: to, Raised: t.At, Changed: t.At}
		return t
	}
	c := store.Commit{Site: "hall", Cursor: 7, Clock: at.Add(time.Hour),
		Transitions: []duty.Transition{
			step(1, "A000001", "gone", "LK-01", duty.P2, duty.Normal, duty.Unacknowledged),
			step(2, "A000001", "gone", "LK-01", duty.P2, duty.Unacknowledged, duty.Normal),
			step(3, "A000002", "pump-1", "PU-01", duty.P1, duty.Normal, duty.Unacknowledged),
		},
		Tickets: []duty.Ticket{
			{ID: "T000001", Asset: "gone", Fault: "LK-01", Origin: duty.OriginAlarm, Class: duty.ClassSimple, Priority: duty.P2, State: duty.TicketClosed, Opened: at, Changed: at},
			{ID: "T000002", Asset: "pump-1", Fault: "PU-01", Area: "cellar", Origin: duty.OriginAlarm, Class: duty.ClassEmergency, Priority: duty.P1, State: duty.TicketOpen, Opened: at, Changed: at},
		},
		Events: []duty.TicketEvent{{Ticket: "T000002", No: 1, At: at, What: duty.WhatOpened, To: duty.TicketOpen}},
	}
	if err := b.records.Commit(context.Background(), c); err != nil {
		b.t.Fatal(err)
	}
}

func TestListsOfDuty(t *testing.T) {
	b := serve(t, nil).signIn()
	b.keep()
	for query, want := range map[string]string{
		"alarms":                                 "A000002 A000001",
		"alarms?open=true":                       "A000002",
		"alarms?priority=P1,P2":                  "A000002 A000001",
		"alarms?state=normal":                    "A000001",
		"alarms?asset=gone":                      "A000001",
		"alarms?area=cellar":                     "A000002",
		"alarms?rule=PU-01":                      "A000002",
		"alarms?id=A000001":                      "A000001",
		"alarms?limit=1":                         "A000002",
		"alarms?limit=1&after=A000002":           "A000001",
		"tickets":                                "T000002 T000001",
		"tickets?open=1":                         "T000002",
		"tickets?class=simple":                   "T000001",
		"tickets?origin=alarm&fault=PU-01":       "T000002",
		"tickets?breached=true":                  "",
		"transitions?alarm=A000001":              "1 2",
		"transitions?newest=true&asset=pump-1":   "3",
		"transitions?after=1&limit=1":            "2",
		"transitions?from=2026-03-01T08:03:00Z":  "3",
		"alarms?to=2026-03-01T00:00:00Z&limit=5": "",
	} {
		t.Run(query, func(t *testing.T) {
			body := b.get("/api/v1/"+query, 200)
			kind, _, _ := strings.Cut(query, "?")
			conforms(t, strings.ToUpper(kind[:1])+kind[1:], body)
			var got struct {
				Alarms      []struct{ ID string }
				Tickets     []struct{ ID string }
				Transitions []struct{ Seq int }
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, a := range append(got.Alarms, got.Tickets...) {
				ids = append(ids, a.ID)
			}
			for _, s := range got.Transitions {
				ids = append(ids, fmt.Sprint(s.Seq))
			}
			if s := strings.Join(ids, " "); s != want {
				t.Errorf("%s lists %q, want %q", query, s, want)
			}
		})
	}
	for query, says := range map[string]string{
		"alarms?state=angry":    `"angry" is none of normal, unacknowledged`,
		"alarms?priority=P5":    "want P1, P2, P3 or P4",
		"alarms?open=perhaps":   `"perhaps" is neither true nor false`,
		"alarms?limit=501":      "no whole number up to 500",
		"alarms?from=yesterday": "neither RFC 3339 nor Unix milliseconds",
		"tickets?class=none":    "none of emergency, simple",
		"tickets?area=nowhere":  "there is no asset in",
		"kpi?from=10&to=5":      "from must be before to",
	} {
		wantError(t, b.get("/api/v1/"+query, 400), "bad_query", says)
	}
}

func TestOneOfDuty(t *testing.T) {
	b := serve(t, nil).signIn()
	b.keep()
	conforms(t, "AlarmDetail", b.get("/api/v1/alarms/A000002", 200))
	conforms(t, "TicketDetail", b.get("/api/v1/tickets/T000002", 200))
	conforms(t, "Rules", b.get("/api/v1/rules", 200))
	conforms(t, "Explanations", b.get("/api/v1/assets/pump-1/rules", 200))
	facts := b.get("/api/v1/facts", 200)
	conforms(t, "Facts", facts)
	if bytes.Contains(facts, []byte("0001-01-01")) {
		t.Errorf("a fact of the site file has a time: %s", facts)
	}
	conforms(t, "KPI", b.get("/api/v1/kpi?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", 200))
	wantError(t, b.get("/api/v1/alarms/A9", 404), "unknown", "A9")
	wantError(t, b.get("/api/v1/tickets/T9", 404), "unknown", "T9")
	wantError(t, b.get("/api/v1/assets/nobody/rules", 404), "unknown_asset", "nobody")
	body := b.get("/api/v1/audit", 200)
	conforms(t, "AuditLog", body)
	if !strings.Contains(string(body), `"do":"sign_in"`) {
		t.Errorf("the audit log does not have the sign-in: %s", body)
	}
}

func TestMetricsOfDuty(t *testing.T) {
	b := serve(t, nil).signIn()
	b.keep()
	text := string(b.get("/metrics", 200))
	for _, want := range []string{
		`steward_alarms{priority="P1",state="unacknowledged"} 1`,
		`steward_tickets{class="emergency",state="open"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(text, `priority="P2"`) {
		t.Error("/metrics counts an alarm that is over")
	}
}

func TestActions(t *testing.T) {
	b := serve(t, nil).signIn()
	b.desk.answer(duty.Changes{Alarms: []duty.Alarm{{ID: "A000002", Priority: duty.P1, State: duty.Acknowledged}}}, nil)
	for _, c := range []struct{ path, body, want string }{
		{"alarms/A000002/actions", `{"do":"acknowledge","note":"on my way"}`, `{"do":"acknowledge","alarm":"A000002","by":"admin","note":"on my way"}`},
		{"alarms/A000002/actions", `{"do":"shelve","reason":"painting","until":"2026-03-01T12:00:00Z"}`, `{"do":"shelve","alarm":"A000002","by":"admin","reason":"painting","until":"2026-03-01T12:00:00Z"}`},
		{"tickets/T1/actions", `{"do":"wait","waits":"parts","note":"seal ordered"}`, `{"do":"wait","ticket":"T1","by":"admin","note":"seal ordered","waits":"parts"}`},
		{"tickets", `{"title":"Lamp is dark","class":"simple","priority":"P4","area":"cellar"}`, `{"do":"open","by":"admin","new":{"area":"cellar","title":"Lamp is dark","class":"simple","priority":"P4"}}`},
	} {
		r, body := b.do(b.client, "POST", "/api/v1/"+c.path, c.body, jsonBody)
		if r.StatusCode != 200 {
			t.Fatalf("POST %s: %s %s", c.path, r.Status, body)
		}
		conforms(t, "Changes", body)
		if got := mustJSON(t, b.desk.last()); got != c.want {
			t.Errorf("POST %s %s\nasked %s\nwant  %s", c.path, c.body, got, c.want)
		}
	}
	if r, body := b.do(b.client, "POST", "/api/v1/facts", `{"name":"vacant","unit":"a-1203","number":0,"drop":true}`, jsonBody); r.StatusCode != 200 || b.desk.last().Do != duty.DoDropFact {
		t.Errorf("taking a fact back: %s %s, %+v", r.Status, body, b.desk.last())
	}
	if r, body := b.do(b.client, "POST", "/api/v1/facts", `{"name":"vacant","unit":"a-1203","number":1}`, jsonBody); r.StatusCode != 200 || b.desk.last().Fact.By != "admin" {
		t.Errorf("POST facts: %s %s", r.Status, body)
	}
}

// TestActionsRefused tells a person why, and a program by which code.
func TestActionsRefused(t *testing.T) {
	b := serve(t, nil).signIn()
	for _, c := range []struct {
		path, body string
		err        error
		status     int
		code, says string
	}{
		{"alarms/A1/actions", `{"do":"shelve"}`, fmt.Errorf("A1 is P1 and cannot be shelved: %w", duty.ErrRefused), 409, "refused", "A1 is P1"},
		{"alarms/A1/actions", `{"do":"acknowledge"}`, fmt.Errorf("alarm A1: %w", duty.ErrUnknown), 404, "unknown", "A1"},
		{"alarms/A1/actions", `{"do":"acknowledge"}`, errors.New("the disk is on fire"), 503, "records_unavailable", "cannot be read or kept"},
		{"alarms/A1/actions", `{"do":"done"}`, nil, 400, "bad_body", `"done" is none of acknowledge`},
		{"alarms/A1/actions", `{"do":"acknowledge","by":"somebody"}`, nil, 400, "bad_body", `unknown field "by"`},
		{"tickets/T1/actions", `{"do":"acknowledge"}`, nil, 400, "bad_body", "is none of accept"},
		{"tickets/T1/actions", `{"do":`, nil, 400, "bad_body", "cannot be read"},
		{"tickets", `{} {}`, nil, 400, "bad_body", "something stands behind"},
		{"tickets", `{"priority":"P9"}`, nil, 400, "bad_body", "want P1, P2, P3 or P4"},
	} {
		b.desk.answer(duty.Changes{}, c.err)
		r, body := b.do(b.client, "POST", "/api/v1/"+c.path, c.body, jsonBody)
		if r.StatusCode != c.status {
			t.Errorf("POST %s %s: %s, want %d: %s", c.path, c.body, r.Status, c.status, body)
		}
		wantError(t, body, c.code, c.says)
	}
	b.desk.answer(duty.Changes{}, fmt.Errorf("rules: %w", duty.Refuse("A1 为 P1，不得搁置", "A1 is P1")))
	if _, body := b.do(b.client, "POST", "/api/v1/alarms/A1/actions", `{"do":"shelve"}`, jsonBody); !strings.Contains(string(body), `"text":{"zh":"A1 为 P1，不得搁置","en":"A1 is P1"}`) {
		t.Errorf("a refusal is in one language: %s", body)
	}
	if r, _ := b.do(stranger(), "POST", "/api/v1/alarms/A1/actions", `{"do":"acknowledge"}`, jsonBody); r.StatusCode != 401 {
		t.Errorf("a stranger gets %s, want 401", r.Status)
	}
	if strings.Contains(b.log.String(), "A1 is P1") {
		t.Error("a refusal is a person's business and was logged as a fault")
	}
}

func TestAttachments(t *testing.T) {
	b := serve(t, nil).signIn()
	b.keep()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 3000, 600))); err != nil {
		t.Fatal(err)
	}
	r, body := b.do(b.client, "POST", "/api/v1/tickets/T000002/attachments?name=%E6%BC%8F%E6%B0%B4.png", photo.String())
	if r.StatusCode != 200 {
		t.Fatalf("attach: %s %s", r.Status, body)
	}
	a := b.desk.last()
	if a.Do != duty.DoAttach || a.Ticket != "T000002" || a.Attach.Type != "image/png" || a.Attach.Name != "漏水.png" {
		t.Fatalf("the desk was asked %s", mustJSON(t, a))
	}
	r, back := b.do(b.client, "GET", "/api/v1/attachments/"+a.Attach.ID, "")
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/png" || !bytes.Equal(back, photo.Bytes()) {
		t.Errorf("the photo came back as %s %s, %d bytes", r.Status, r.Header.Get("Content-Type"), len(back))
	}
	for _, c := range []struct {
		what, path, body string
		status           int
	}{
		{"no photo", "tickets/T000002/attachments", "<svg onload=alert(1)>", 415},
		{"no ticket", "tickets/T9/attachments", photo.String(), 404},
		{"a ticket that is over", "tickets/T000001/attachments", photo.String(), 409},
		{"too large", "tickets/T000002/attachments", strings.Repeat("x", 10<<20+1), 413},
	} {
		if r, body := b.do(b.client, "POST", "/api/v1/"+c.path, c.body); r.StatusCode != c.status {
			t.Errorf("%s: %s, want %d: %s", c.what, r.Status, c.status, body)
		}
	}
	if r, _ := b.do(b.client, "GET", "/api/v1/attachments/"+strings.Repeat("0", 64), ""); r.StatusCode != 404 {
		t.Errorf("an unknown photo: %s", r.Status)
	}
}

// TestLargeBodies are read for photos of people who are signed in and for
// nobody else.
func TestLargeBodies(t *testing.T) {
	b := serve(t, nil).signIn()
	at, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	cookie := b.client.Jar.Cookies(at)[0].String()
	for what, head := range map[string]string{
		"a stranger's photo": "POST /api/v1/tickets/T1/attachments HTTP/1.1\r\n",
		"a large action":     "POST /api/v1/tickets HTTP/1.1\r\nCookie: " + cookie + "\r\n" + jsonBody + "\r\n",
	} {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		// The length alone is refused. A client that sends its body all the same
		// may be cut off before it reads the answer.
		fmt.Fprintf(conn, "%sHost: %s\r\nContent-Length: %d\r\n\r\n", head, at.Host, 2<<20)
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if r.StatusCode != 413 {
			t.Errorf("%s: %s, want 413", what, r.Status)
		}
		if err := errors.Join(r.Body.Close(), conn.Close()); err != nil {
			t.Error(err)
		}
	}
}

// failingKPI are records whose figures cannot be read while told so.
type failingKPI struct {
	Records
	fails atomic.Bool
}

func (f *failingKPI) KPI(ctx context.Context, site string, from, to time.Time) (duty.KPI, error) {
	if f.fails.Load() {
		return duty.KPI{}, errors.New("the disk is on fire")
	}
	return f.Records.KPI(ctx, site, from, to)
}

// A failure is logged once for as long as it lasts, and again when it comes back.
func TestFailuresOfDutyAreLoggedOnceEach(t *testing.T) {
	records := &failingKPI{}
	b := serve(t, func(o *Options) { records.Records, o.Records = o.Records, records }).signIn()
	for range 2 {
		records.fails.Store(true)
		b.get("/api/v1/kpi", 503)
		b.get("/api/v1/kpi", 503)
		records.fails.Store(false)
		b.get("/api/v1/kpi", 200)
	}
	for text, want := range map[string]int{"a request failed": 2, "requests work again": 2, "GET /api/v1/kpi": 4} {
		if n := strings.Count(b.log.String(), text); n != want {
			t.Errorf("the log says %q %d times, want %d:\n%s", text, n, want, b.log.String())
		}
	}
}
