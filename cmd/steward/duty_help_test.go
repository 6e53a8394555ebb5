package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/drivers/sim"
	"steward/gateway/duty"
)

// dutyTest is the demo's site in a gateway of its own, and its field.
type dutyTest struct {
	*testing.T
	site, data string
	env        []string
	field      *sim.Field
	p          *process
	pg         *page

	mu      sync.Mutex
	told    map[string]bool // "alarm A000001 unacknowledged" as the live stream told
	endLive context.CancelFunc
}

func startDuty(t *testing.T) *dutyTest {
	folder := t.TempDir()
	site, err := writeDemo(folder, freePorts(t, sim.DemoPorts))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, rulesFolder, "test.yaml"), []byte(dutyRules), 0o600); err != nil {
		t.Fatal(err)
	}
	const password = "field password"
	p, err := loadPlant(site, func(string) (string, bool) { return password, true })
	if err != nil {
		t.Fatal(err)
	}
	field, err := sim.New(p.cfg, sim.Options{Seed: 1,
		MQTTUser: func(string) string { return sim.FieldUser }, MQTTPassword: func(string) string { return password }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	up, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- field.Run(ctx, func() { close(up) }) }() // ends with the test
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("field: %v", err)
		}
	})
	select {
	case <-up:
	case err := <-ended:
		ended <- err
		t.Fatal("the field did not start")
	}
	d := &dutyTest{T: t, site: site, data: dataFolder(t), env: []string{sim.FieldPasswordEnv + "=" + password},
		field: field, told: map[string]bool{}}
	d.start()
	eventually(t, 30*time.Second, "every point is good", func() bool { return len(notGood(d.pg)) == 0 })
	return d
}

// start runs the gateway, signs in and listens to the live stream.
func (d *dutyTest) start() {
	d.Helper()
	d.p = start(d, d.env, "run", "--config", d.site, "--data", d.data, "--listen", "127.0.0.1:0")
	d.pg = signIn(d, d.p.url, testPassword)
	var ctx context.Context
	ctx, d.endLive = context.WithCancel(d.Context())
	events := d.pg.live(ctx, "/api/v1/live")
	go func() { // ends with the stream
		for e := range events {
			if e.name != "duty" {
				continue
			}
			var c duty.Changes
			if err := json.Unmarshal(e.data, &c); err != nil {
				d.Errorf("a duty event: %v: %s", err, tail(string(e.data), 300))
			}
			d.mu.Lock()
			for _, a := range c.Alarms {
				d.told[fmt.Sprintf("alarm %s %s", a.Rule, a.State)] = true
			}
			for _, k := range c.Tickets {
				d.told[fmt.Sprintf("ticket %s %s", k.Fault, k.State)] = true
			}
			d.mu.Unlock()
		}
	}()
}

func (d *dutyTest) play(incident string, on bool) {
	d.Helper()
	if err := d.field.Incident(incident, on); err != nil {
		d.Fatal(err)
	}
}

// alarm is the promised alarm; the zero alarm until there is one.
func (d *dutyTest) alarm(x dutyPromise) (a duty.Alarm) {
	d.Helper()
	var list struct{ Alarms []duty.Alarm }
	d.pg.get(fmt.Sprintf("/api/v1/alarms?asset=%s&rule=%s", x.asset, x.rule), &list)
	if len(list.Alarms) > 1 {
		d.Fatalf("%d alarms of %s on %s", len(list.Alarms), x.rule, x.asset)
	}
	for _, a = range list.Alarms {
	}
	return a
}

// ticket is the promised ticket; the zero ticket until there is one.
func (d *dutyTest) ticket(x dutyPromise) (k duty.Ticket) {
	d.Helper()
	var list struct{ Tickets []duty.Ticket }
	d.pg.get(fmt.Sprintf("/api/v1/tickets?asset=%s&fault=%s", x.asset, x.rule), &list)
	if len(list.Tickets) > 1 {
		d.Fatalf("%d tickets of %s on %s", len(list.Tickets), x.rule, x.asset)
	}
	for _, k = range list.Tickets {
	}
	return k
}

// act posts an action and returns the status and, where it was refused, why.
func (d *dutyTest) act(what, id string, action any) (status int, why string) {
	d.Helper()
	body, err := json.Marshal(action)
	if err != nil {
		d.Fatal(err)
	}
	return d.post("/api/v1/"+what+"/"+id+"/actions", "application/json", body)
}

func (d *dutyTest) post(path, kind string, body []byte) (status int, why string) {
	d.Helper()
	r, err := d.pg.client.Post(d.pg.url+path, kind, bytes.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct{ Error struct{ Message string } }
	text, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(text, &answer); err != nil {
		d.Fatalf("POST %s: %v: %s", path, err, text)
	}
	return r.StatusCode, answer.Error.Message
}

func (d *dutyTest) do(what, id string, action any) {
	d.Helper()
	if status, why := d.act(what, id, action); status != http.StatusOK {
		d.Fatalf("%s %s %+v: %d %s", what, id, action, status, why)
	}
}

// refused expects an action to be refused with a reason that says why.
func (d *dutyTest) refused(what, id string, action any, why string) {
	d.Helper()
	if status, got := d.act(what, id, action); status != http.StatusConflict || !strings.Contains(got, why) {
		d.Errorf("%s %s %+v: %d %q, want a refusal with %q", what, id, action, status, got, why)
	}
}

type verb = map[string]any

func (d *dutyTest) run(args ...string) string {
	d.Helper()
	c := exec.Command("steward", args...)
	c.Env = append(os.Environ(), d.env...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		d.Fatalf("steward %v: %v: %s", args, err, stderr.String())
	}
	return string(out)
}
