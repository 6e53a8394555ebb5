package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/journal"
	"steward/gateway/line"
	"steward/gateway/store"
	"steward/rules"
)

const killPumps = 24 // each seldom enough not to chatter

// TestKillDuty ends the gateway with SIGKILL fifty times while pumps and
// meters keep its rules busy. Its alarms, tickets and outbox must be those of
// rules that read the whole journal undisturbed.
func TestKillDuty(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	broker := mqtttest.Start(t, "")
	data := dataFolder(t)
	site := writeFile(t, "site.yaml", killDutySite("tcp://"+broker.Addr, startRegisters(t, 2)))
	folder := filepath.Join(filepath.Dir(site), rulesFolder)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "kill.yaml"), []byte(killDutyRules), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() *process {
		return start(t, nil, "run", "--config", site, "--data", data, "--listen", "127.0.0.1:0")
	}
	p := run()
	waitBrokerUp(t, p)
	end := provoke(t, "tcp://"+broker.Addr, rand.New(rand.NewPCG(seed, 1)))
	for range kills {
		<-time.After(time.Duration(random.IntN(400)) * time.Millisecond)
		p.kill()
		p = run()
	}
	end()
	p.stop()

	kept, saved, began := keptDuty(t, stateFolder(data))
	undisturbed := playJournal(t, site, data, began, saved)
	t.Logf("%d kills, %d entries: %d transitions, %d lines of timelines of %d tickets, %d messages", kills, saved.Cursor,
		len(kept["transition"]), len(kept["event"]), len(kept["ticket"]), len(kept["message"]))
	for what, least := range map[string]int{"transition": 80, "event": 80, "ticket": killPumps, "message": 40, "alarm": killPumps} {
		if len(kept[what]) < least {
			t.Errorf("only %d %ss: the load did not run", len(kept[what]), what)
		}
		for key, row := range undisturbed[what] {
			if kept[what][key] != row {
				t.Fatalf("%s %s: undisturbed\n%s\nbut kept\n%s", what, key, row, kept[what][key])
			}
		}
		if a, b := len(undisturbed[what]), len(kept[what]); a != b {
			t.Errorf("%d %ss are kept, want %d", b, what, a)
		}
	}
}

const killDutyRules = `pack: kill
rules:
  - {rule: KT-01, title: {zh: 运行, en: Running}, kind: pump, priority: P2, ticket: simple, trade: plumber, when: running}
  - {rule: KT-02, title: {zh: 停机故障, en: Fault at rest}, kind: pump, priority: P1, ticket: emergency, trade: plumber, latch: true, on_delay: 300ms, off_delay: 200ms, when: fault and not running}
  - {rule: KT-03, title: {zh: 静默, en: Silent}, kind: pump, priority: P3, ticket: complex, trade: iot, silent: {for: 2s}}
  - {rule: KT-04, title: {zh: 频繁启动, en: Many starts}, kind: pump, priority: P4, ticket: none, let: {n: {of: running, take: rises, over: 20s}}, when: "n >= 4"}
  - {rule: KM-01, title: {zh: 电压, en: Voltage}, kind: power_meter, priority: P2, ticket: simple, trade: electrician, on_delay: 1s, high: {point: voltage_l1, limit: 0.0005}}
service: {respond: {P1: 5s, P2: 10s, P3: 20s}, warn: 0.5}
`

// killDutySite has pumps over MQTT and meters over Modbus.
func killDutySite(broker string, modbus []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: {id: kill, name: Kill, timezone: Asia/Shanghai, language: en}\nmqtt: [{id: main, broker: %q}]\nmodbus:\n", broker)
	for i, address := range modbus {
		fmt.Fprintf(&b, "  - {id: bus-%d, url: \"tcp://%s\"}\n", i, address)
	}
	b.WriteString("areas: [{id: cellar, name: Cellar}]\nassets:\n")
	for i := range killPumps {
		fmt.Fprintf(&b, `  - id: pump-%d
    kind: pump
    area: cellar
    name: Pump %d
    mqtt:
      broker: main
      device: pump-%d
      topics:
        - topic: "site/{device}/state"
          format: json
          time: time
          time_format: rfc3339
          points: [{point: running, path: running}, {point: fault, path: fault}]
`, i, i, i)
	}
	for i := range modbus {
		fmt.Fprintf(&b, "  - {id: meter-%d, kind: power_meter, area: cellar, name: Meter %d, modbus: {bus: bus-%d, unit: 1, interval: 100ms, points: [{point: voltage_l1, table: holding, address: 0, type: float32, unit: V}]}}\n", i, i, i)
	}
	return b.String()
}

// provoke publishes what pumps say at QoS 1, about 450 messages a second,
// until end is called: they start, fail, and fall silent at random.
func provoke(t testing.TB, url string, random *rand.Rand) (end func()) {
	t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetClientID("field").SetAutoReconnect(false))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // ends with end
		defer close(done)
		defer client.Disconnect(100)
		var pumps [killPumps]struct {
			running, fault bool
			silent         time.Time
		}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			var tokens []mqtt.Token
			now := time.Now()
			for i := range pumps {
				pump := &pumps[i]
				switch n := random.IntN(900); {
				case n < 3:
					pump.running = !pump.running
				case n < 6:
					pump.fault = !pump.fault
				case n < 8:
					pump.silent = now.Add(time.Duration(random.IntN(5000)) * time.Millisecond)
				}
				if now.Before(pump.silent) {
					continue
				}
				payload := fmt.Sprintf(`{"time":%q,"running":%t,"fault":%t}`, now.UTC().Format(time.RFC3339Nano), pump.running, pump.fault)
				tokens = append(tokens, client.Publish(fmt.Sprintf("site/pump-%d/state", i), 1, false, payload))
			}
			for _, token := range tokens {
				if token.Wait() && token.Error() != nil {
					t.Errorf("publish: %v", token.Error())
					return
				}
			}
		}
	}()
	return func() { close(stop); <-done }
}

// duties are rows by what they are and by key.
type duties map[string]map[string]string

func (d duties) put(t testing.TB, what, key string, row any) {
	t.Helper()
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	if d[what] == nil {
		d[what] = map[string]string{}
	}
	d[what][key] = string(text)
}

// keptDuty reads everything that the rules have committed.
func keptDuty(t *testing.T, dir string) (kept duties, saved store.Saved, began time.Time) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	must(err)
	defer s.Close()
	saved, err = s.Load(ctx, "kill", func(string, []byte) error { return nil })
	must(err)
	kept = duties{}
	for after := uint64(0); ; {
		page, err := s.Transitions(ctx, "kill", store.TransitionFilter{After: after, Limit: 500})
		must(err)
		if len(page) == 0 {
			break
		}
		for _, tr := range page {
			after = tr.Seq
			kept.put(t, "transition", fmt.Sprint(tr.Seq), tr)
			alarm, _, err := s.Alarm(ctx, "kill", tr.Alarm.ID)
			must(err)
			kept.put(t, "alarm", alarm.ID, alarm)
		}
	}
	tickets, err := s.Tickets(ctx, "kill", store.TicketFilter{Limit: 500})
	must(err)
	for _, k := range tickets {
		kept.put(t, "ticket", k.ID, k)
		for before := 0; ; {
			lines, err := s.Timeline(ctx, "kill", k.ID, before, 500)
			must(err)
			if len(lines) == 0 {
				break
			}
			before = lines[0].No
			for _, e := range lines {
				kept.put(t, "event", fmt.Sprint(k.ID, " ", e.No), e)
			}
		}
	}
	for after := int64(0); ; {
		page, err := s.Outbox(ctx, "kill", after, 500)
		must(err)
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			after = o.No
			kept.put(t, "message", o.Message.Key, o.Message)
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "state.db")+"?mode=ro")
	must(err)
	defer db.Close()
	var ns int64
	must(db.QueryRowContext(ctx, "SELECT began FROM cursors WHERE site = 'kill'").Scan(&ns))
	return kept, saved, time.Unix(0, ns).UTC()
}

// playJournal gives the whole journal, as far as it was stepped, to rules
// that nobody disturbs.
func playJournal(t *testing.T, site, data string, began time.Time, saved store.Saved) duties {
	t.Helper()
	p, err := loadPlant(site, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	engine, desk, err := p.judges()
	if err != nil {
		t.Fatal(err)
	}
	core := rules.Core{Engine: engine, Desk: desk, Log: slog.New(slog.DiscardHandler)}
	engine.Resume(began)
	j, err := journal.OpenReadOnly(t.Context(), filepath.Join(data, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	decoder, reading := line.NewDecoder(), gateway.Reading{}
	err = j.Scan(context.Background(), 1, func(_ time.Time, e gateway.Entry) error {
		if e.Seq > saved.Cursor {
			return nil
		}
		if err := decoder.Decode(e.Line, &reading); err != nil {
			return err
		}
		core.Take(reading)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	core.Advance(saved.Clock)
	out := duties{}
	for _, tr := range core.Done.Transitions {
		out.put(t, "transition", fmt.Sprint(tr.Seq), tr)
		out.put(t, "alarm", tr.Alarm.ID, tr.Alarm)
	}
	for _, k := range core.Done.Tickets {
		out.put(t, "ticket", k.ID, k)
	}
	for _, e := range core.Done.Events {
		out.put(t, "event", fmt.Sprint(e.Ticket, " ", e.No), e)
	}
	for _, m := range core.Done.Outbox {
		out.put(t, "message", m.Key, m)
	}
	return out
}
