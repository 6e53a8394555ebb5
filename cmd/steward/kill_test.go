package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway/history/historytest"
)

// kills is how often TestKill ends the gateway.
const kills = 50

// killDevices is how many MQTT devices publish while the gateway dies.
const killDevices = 8

// TestKill ends the gateway with SIGKILL at random moments while QoS 1
// messages and polls run. Every message that was published must be in
// InfluxDB exactly once by series and time, and the journal must balance.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	broker := mqtttest.Start(t, "")
	influxd := historytest.StartInfluxd(t)
	modbus := startRegisters(t, 3)
	data := dataFolder(t)
	site := writeFile(t, "site.yaml", killSite("tcp://"+broker.Addr, influxd.URL(), modbus))

	run := func() *process {
		return start(t, []string{"INFLUX_TOKEN=steward:steward"}, "run", "--config", site, "--data", data, "--listen", "127.0.0.1:0")
	}
	p := run() // the first one subscribes, or there is nothing to be lost
	waitBrokerUp(t, p)
	field := publish(t, "tcp://"+broker.Addr)
	for range kills {
		<-time.After(time.Duration(random.IntN(700)) * time.Millisecond)
		p.kill()
		p = run()
	}
	published := field.end()
	total := 0
	for _, times := range published {
		total += len(times)
	}
	t.Logf("%d kills, %d messages published", kills, total)
	if total < kills*100 {
		t.Fatalf("only %d messages were published: the load did not run", total)
	}
	eventually(t, 2*time.Minute, "every published message is in InfluxDB", func() bool {
		return influxCount(t, influxd, `SELECT count(level) FROM tank`) >= total
	})
	for device, want := range published {
		got := influxTimes(t, influxd, fmt.Sprintf(`SELECT level FROM tank WHERE asset = '%s'`, device))
		if missing := difference(want, got); len(missing) > 0 {
			t.Errorf("%s: %d of %d messages are not in InfluxDB, the first of %s", device, len(missing), len(want), time.Unix(0, missing[0]).UTC())
		}
		if extra := difference(got, want); len(extra) > 0 {
			t.Errorf("%s: %d times in InfluxDB were never published", device, len(extra))
		}
	}
	p.stop()
	polls, missing := 0, 0
	for asset, want := range dumpTimes(t, data, "power_meter") {
		polls += len(want)
		missing += len(difference(want, influxTimes(t, influxd, fmt.Sprintf(`SELECT received FROM power_meter WHERE asset = '%s'`, asset))))
	}
	if waiting := waitingEntries(t, data); polls < kills || missing > waiting {
		t.Errorf("of %d polls in the journal %d are not in InfluxDB, where %d entries wait", polls, missing, waiting)
	}
	out, err := exec.Command("steward", "journal", "audit", "--data", data).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "balanced") {
		t.Errorf("journal audit: %v\n%s", err, out)
	}
}

// difference lists what is in a and not in b.
func difference(a, b map[int64]bool) []int64 {
	rest := maps.Clone(a)
	maps.DeleteFunc(rest, func(k int64, _ bool) bool { return b[k] })
	var keys []int64
	for k := range rest {
		keys = append(keys, k)
	}
	return keys
}

// waitBrokerUp waits until the gateway's first broker connection works.
func waitBrokerUp(t testing.TB, p *process) *page {
	t.Helper()
	pg := signIn(t, p.url, testPassword)
	eventually(t, 30*time.Second, "the broker connection is up", func() bool {
		var system struct {
			Brokers []struct{ State string }
		}
		pg.get("/api/v1/system", &system)
		return len(system.Brokers) > 0 && system.Brokers[0].State == "up"
	})
	return pg
}

// publishing is a field of devices that publish at QoS 1 until end.
type publishing struct {
	stop      atomic.Bool
	published chan map[string]map[int64]bool
}

// publish sends about 1,500 messages a second, each with a time of its own,
// and remembers those that the broker took.
func publish(t testing.TB, url string) *publishing {
	t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetClientID("field").SetAutoReconnect(false))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	f := &publishing{published: make(chan map[string]map[int64]bool, 1)}
	go func() { // ends with end
		defer client.Disconnect(100)
		sent := map[string]map[int64]bool{}
		for i := range killDevices {
			sent[fmt.Sprintf("tank-%d", i)] = map[int64]bool{}
		}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !f.stop.Load() {
			<-tick.C
			tokens := make([]mqtt.Token, 0, killDevices)
			for device, times := range sent {
				now := time.Now()
				times[now.UnixNano()] = true
				payload := fmt.Sprintf(`{"time":%q,"level":%.6f,"temperature":18.5}`, now.UTC().Format(time.RFC3339Nano), 1.5+rand.Float64()*1e-4) // a level that no water jumps from
				tokens = append(tokens, client.Publish("site/"+device+"/state", 1, false, payload))
			}
			for _, token := range tokens {
				if token.Wait() && token.Error() != nil {
					t.Errorf("publish: %v", token.Error())
					f.stop.Store(true)
				}
			}
		}
		f.published <- sent
	}()
	return f
}

// end stops publishing and returns the times published, by device.
func (f *publishing) end() map[string]map[int64]bool {
	f.stop.Store(true)
	return <-f.published
}

// killSite has tanks over MQTT and meters over Modbus, history and InfluxDB.
func killSite(broker, influxURL string, modbus []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: {id: kill, name: Kill, timezone: Asia/Shanghai, language: zh}\n")
	fmt.Fprintf(&b, "mqtt: [{id: main, broker: %q}]\nmodbus:\n", broker)
	for i, address := range modbus {
		fmt.Fprintf(&b, "  - {id: bus-%d, url: \"tcp://%s\"}\n", i, address)
	}
	fmt.Fprintf(&b, "areas: [{id: cellar, name: Cellar}]\n")
	fmt.Fprintf(&b, "influxdb: {url: %q, bucket: steward/autogen, token: \"${env:INFLUX_TOKEN}\"}\nassets:\n", influxURL)
	for i := range killDevices {
		fmt.Fprintf(&b, `  - id: tank-%d
    kind: tank
    area: cellar
    name: Tank %d
    mqtt:
      broker: main
      device: tank-%d
      topics:
        - topic: "site/{device}/state"
          format: json
          time: time
          time_format: rfc3339
          points:
            - {point: level, path: level, unit: m}
            - {point: temperature, path: temperature, unit: degC}
`, i, i, i)
	}
	for i := range modbus {
		fmt.Fprintf(&b, `  - id: meter-%d
    kind: power_meter
    area: cellar
    name: Meter %d
    modbus: {bus: bus-%d, unit: 1, interval: 100ms, points: [{point: voltage_l1, table: holding, address: 0, type: float32, unit: V}]}
`, i, i, i)
	}
	return b.String()
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
