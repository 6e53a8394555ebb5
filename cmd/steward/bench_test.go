package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/drivers/mqtt/mqtttest"
	"steward/drivers/sim/load"
	"steward/gateway/history/historytest"
	"steward/gateway/kind"
)

// The benchmarks run the whole gateway as a process of its own, between real
// parts, and count its CPU by the operating system's account. Each runs for a
// fixed time, whatever -benchtime says.
const benchTime = 10 * time.Second

// loadModbus is the process that answers Modbus at as many buses as its
// argument says.
func loadModbus() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	n, _ := strconv.Atoi(os.Args[1])
	listeners, err := load.Listen(ctx, n)
	if err == nil {
		for _, l := range listeners {
			fmt.Println(l.Addr())
		}
		err = load.ServeModbus(ctx, listeners...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load-modbus:", err)
		os.Exit(1)
	}
}

// mqttLoad is what load-mqtt is told.
type mqttLoad struct {
	Address string
	QoS     byte
	Rate    float64 // messages a second
	Count   uint64
}

// loadMQTT is the process that publishes as its argument, JSON, says.
func loadMQTT() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var l mqttLoad
	err := json.Unmarshal([]byte(os.Args[1]), &l)
	if err == nil {
		var r load.Report
		p := load.Publisher{Address: l.Address, Devices: benchDevices, QoS: l.QoS, Rate: l.Rate, Count: l.Count}
		if r, err = p.Run(ctx); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load-mqtt:", err)
		os.Exit(1)
	}
}

// startRegisters runs n Modbus devices and returns their addresses.
func startRegisters(t testing.TB, n int) []string {
	t.Helper()
	c := exec.Command("load-modbus", strconv.Itoa(n))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	var addresses []string
	for lines := bufio.NewScanner(out); len(addresses) < n && lines.Scan(); {
		addresses = append(addresses, lines.Text())
	}
	if len(addresses) < n {
		t.Fatalf("load-modbus opened %d of %d buses", len(addresses), n)
	}
	return addresses
}

// publishLoad runs a publisher to its end.
func publishLoad(t testing.TB, p mqttLoad) load.Report {
	t.Helper()
	args, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("load-mqtt", string(args))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("load-mqtt: %v", err)
	}
	var r load.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

const benchDevices = 20

// benchSite has meters over MQTT and over Modbus, and writes to InfluxDB.
func benchSite(t testing.TB, broker string, qos int, influxURL string, modbus []string, store string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("site: {id: bench, name: Bench, timezone: Asia/Shanghai}\nareas: [{id: cellar, name: Cellar}]\n")
	fmt.Fprintf(&b, "history: {store: %s}\n", store)
	fmt.Fprintf(&b, "influxdb: {url: %q, bucket: steward/autogen, token: \"${env:INFLUX_TOKEN}\"}\n", influxURL)
	if broker != "" {
		fmt.Fprintf(&b, "mqtt: [{id: main, broker: %q, qos: %d}]\n", broker, qos)
	}
	if len(modbus) > 0 {
		b.WriteString("modbus:\n")
	}
	for i, address := range modbus {
		fmt.Fprintf(&b, "  - {id: bus-%d, url: \"tcp://%s\"}\n", i, address)
	}
	b.WriteString("assets:\n")
	if broker != "" {
		for i := range benchDevices {
			fmt.Fprintf(&b, "  - id: m-%d\n    kind: power_meter\n    area: cellar\n    mqtt:\n      broker: main\n      device: %s\n", i, load.Device(i))
			b.WriteString("      topics:\n        - topic: \"load/{device}/state\"\n          time: ts\n          time_format: rfc3339\n          points:\n")
			for _, field := range load.DefaultFields() {
				fmt.Fprintf(&b, "            - {point: %s, path: %s}\n", field, field)
			}
		}
	}
	for i := range modbus {
		fmt.Fprintf(&b, "  - {id: r-%d, kind: power_meter, area: cellar, modbus: {bus: bus-%d, unit: 1, interval: 200ms, profile: bench-60}}\n", i, i)
	}
	file := writeFile(t, "site.yaml", b.String())
	writeProfile(t, filepath.Join(filepath.Dir(file), "profiles"))
	return file
}

// writeProfile writes a profile of 60 float32 in one block.
func writeProfile(t testing.TB, folder string) {
	t.Helper()
	text := "profile: bench-60\nvendor: Bench\nmodel: B60\nkind: power_meter\nprotocol: modbus\npoints:\n"
	for k, point := range floatPoints(t, 60) {
		text += fmt.Sprintf("  - {point: %s, table: holding, address: %d, type: float32}\n", point, 2*k)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bench-60.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// floatPoints returns n float points of a power meter.
func floatPoints(t testing.TB, n int) []string {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	meter, _ := kinds.Kind("power_meter")
	var names []string
	for _, p := range meter.Points {
		if p.Type.String() == "float" && len(names) < n {
			names = append(names, p.Name)
		}
	}
	if len(names) < n {
		t.Fatalf("a power meter has %d float points, want %d", len(names), n)
	}
	return names
}

// BenchmarkMQTT: from mosquitto to InfluxDB, through the journal's fsync and
// back to the acknowledgement, six JSON fields a message.
func BenchmarkMQTT(b *testing.B) {
	for _, qos := range []int{1, 0} {
		for _, rate := range []float64{1000, 5000, 20000, 0} {
			name := fmt.Sprintf("qos=%d/rate=%.0f", qos, rate)
			if rate == 0 {
				name = fmt.Sprintf("qos=%d/rate=flood", qos)
			}
			b.Run(name, func(b *testing.B) { benchMQTT(b, qos, rate, "influxdb") })
		}
	}
	b.Run("qos=1/rate=20000/history=embedded", func(b *testing.B) { benchMQTT(b, 1, 20000, "embedded") })
}

func benchMQTT(b *testing.B, qos int, rate float64, store string) {
	broker := mqtttest.Start(b, "")
	influxd := historytest.StartInfluxd(b)
	site := benchSite(b, "tcp://"+broker.Addr, qos, influxd.URL(), nil, store)
	p := start(b, []string{"INFLUX_TOKEN=steward:steward"}, "run", "--config", site, "--data", dataFolder(b), "--listen", "127.0.0.1:0")
	waitBrokerUp(b, p)
	publisher := mqttLoad{broker.Addr, byte(qos), rate, uint64(rate * benchTime.Seconds())}
	if rate == 0 { // as fast as mosquitto takes them
		publisher.Count = 300_000
	}
	before, _ := p.usage()
	r := publishLoad(b, publisher)
	arrived := waitCount(b, influxd, "SELECT count(received) FROM power_meter", int(r.Sent))
	after, peak := p.usage()
	b.ReportMetric((after-before).Seconds()*1e6/float64(r.Sent), "cpu-µs/msg")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	b.ReportMetric(float64(r.Sent)/r.Elapsed.Seconds(), "msg/s")
	b.ReportMetric(float64(arrived.Sub(r.Last).Milliseconds()), "last-ms")
	b.ReportMetric(0, "ns/op")
}

// waitCount returns when the query's count has reached n.
func waitCount(t testing.TB, influxd *historytest.Influxd, query string, n int) time.Time {
	t.Helper()
	eventually(t, time.Minute, fmt.Sprintf("%d entries are in InfluxDB", n), func() bool {
		return influxCount(t, influxd, query) >= n
	})
	return time.Now()
}

// BenchmarkModbus: 200 devices of 60 float32 each, five times a second, from
// the wire to InfluxDB.
func BenchmarkModbus(b *testing.B) {
	for _, store := range []string{"influxdb", "embedded"} {
		b.Run("history="+store, func(b *testing.B) { benchModbus(b, store) })
	}
}

func benchModbus(b *testing.B, store string) {
	const devices, values = 200, 60
	influxd := historytest.StartInfluxd(b)
	site := benchSite(b, "", 0, influxd.URL(), startRegisters(b, devices), store)
	p := start(b, []string{"INFLUX_TOKEN=steward:steward"}, "run", "--config", site, "--data", dataFolder(b), "--listen", "127.0.0.1:0")
	pg := signIn(b, p.url, testPassword)
	polls := func() (n uint64) {
		var system struct{ Buses []struct{ Requests uint64 } }
		pg.get("/api/v1/system", &system)
		for _, bus := range system.Buses {
			n += bus.Requests
		}
		return n
	}
	eventually(b, 20*time.Second, "every bus is polled", func() bool { return polls() > 3*devices })
	firstCPU, _ := p.usage()
	first, began := polls(), time.Now()
	<-time.After(benchTime)
	n, took := (polls()-first)*values, time.Since(began)
	lastCPU, peak := p.usage()
	b.ReportMetric((lastCPU-firstCPU).Seconds()*1e6/float64(n), "cpu-µs/value")
	b.ReportMetric(float64(n)/took.Seconds(), "values/s")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkIdle: the demo's gateway size with nothing to do: one pump, polled
// once a second; and how long a start takes to the first reading.
func BenchmarkIdle(b *testing.B) {
	device := startDevice(b)
	site := writeFile(b, "site.yaml", strings.Replace(fmt.Sprintf(oneCoil, device.address), "50ms", "1s", 1))
	data := dataFolder(b)
	began := time.Now()
	p := start(b, nil, "run", "--config", site, "--data", data, "--listen", "127.0.0.1:0")
	pg := signIn(b, p.url, testPassword)
	eventually(b, 10*time.Second, "the first reading", func() bool {
		var a struct {
			Values map[string]struct{ Quality string }
		}
		pg.get("/api/v1/assets/pump-1", &a)
		return a.Values["running"].Quality == "good"
	})
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "start-ms")
	before, _ := p.usage()
	<-time.After(benchTime)
	after, peak := p.usage()
	b.ReportMetric((after-before).Seconds()/benchTime.Seconds()*100, "%core")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	b.ReportMetric(0, "ns/op")
}
