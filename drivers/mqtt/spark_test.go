package mqtt

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/drivers"
	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

// sparkBegin is when the samples were made.
var sparkBegin = time.UnixMilli(1700000000000).UTC()

// sparkSite is a pump behind a Sparkplug node, and the node itself.
func sparkSite(addr string) *config.Config {
	pump := []gateway.Point{
		{Name: "discharge_pressure", Unit: "MPa"}, {Name: "running", Type: gateway.Bool}, {Name: "starts", Type: gateway.Int},
		{Name: "motor_temperature", Unit: "degC"},
	}
	metric := func(name, point string, scale float64) config.Metric {
		return config.Metric{Name: name, Field: config.Field{Point: point, Transform: config.Transform{Scale: scale}}}
	}
	return &config.Config{
		Site: gateway.Site{ID: "test", Zone: time.UTC, Assets: []gateway.Asset{
			{ID: "pump", Kind: "pump", Points: pump}, {ID: "edge", Kind: "gateway", Points: []gateway.Point{{Name: "restarts", Type: gateway.Int}}},
		}},
		Brokers: []config.Broker{{ID: "main", URL: "tcp://" + addr, ClientID: "steward-test", QoS: 1, KeepAlive: 2 * time.Second,
			Sparkplug: &config.SparkplugHost{Host: "host1", Reorder: 300 * time.Millisecond}}},
		History: config.History{Retention: 400 * 24 * time.Hour},
		Assets: []config.Asset{
			{ID: "pump", MQTT: &config.MQTTAsset{Broker: "main", Sparkplug: &config.SparkplugDevice{Group: "RES01", Node: "edge1", Device: "pump1"}, Metrics: []config.Metric{
				metric("pressure", "discharge_pressure", 0.1), metric("running", "running", 0), metric("starts", "starts", 0), metric("winding_temp", "motor_temperature", 0),
			}}},
			{ID: "edge", MQTT: &config.MQTTAsset{Broker: "main", Sparkplug: &config.SparkplugDevice{Group: "RES01", Node: "edge1"},
				Metrics: []config.Metric{metric("bdSeq", "restarts", 0)}}},
		},
	}
}

// runSpark starts a source whose clock is the samples'.
func runSpark(t *testing.T, c *config.Config, emit gateway.Emit) *running {
	t.Helper()
	started := time.Now()
	r := &running{t: t, log: &syncBuffer{}}
	src, err := Driver().New(drivers.Spec{
		Wire: "main", Config: c, Log: slog.New(slog.NewTextHandler(r.log, nil)), Data: t.TempDir(),
		Now: func() time.Time { return sparkBegin.Add(time.Since(started)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.src = src
	r.again(emit)
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("the source's log:\n%s", r.log)
		}
	})
	return r.up()
}

// listener is mosquitto's own client, listening to what the host publishes:
// "topic QoS retained payload", the payload in hexadecimal.
type listener struct {
	mu    sync.Mutex
	lines []string
	at    int // of the next line that heard looks at
}

func listen(t *testing.T, addr string) *listener {
	t.Helper()
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(mqtttest.Tool(t, "mosquitto_sub"), "-h", host, "-p", port, "-q", "1", "-F", "%t %q %r %x", "-t", "spBv1.0/+/NCMD/#", "-t", "spBv1.0/STATE/+", "-t", "ready")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := &listener{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			l.mu.Lock()
			l.lines = append(l.lines, s.Text())
			l.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		wg.Wait()
		_ = cmd.Wait()
	})
	eventually(t, "mosquitto_sub listens", func() bool {
		publish(t, addr, "ready", "x")
		return l.find("ready") != ""
	})
	return l
}

// find returns the next line that begins so, and goes on behind it.
func (l *listener) find(prefix string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.at; i < len(l.lines); i++ {
		if strings.HasPrefix(l.lines[i], prefix) {
			l.at = i + 1
			return l.lines[i]
		}
	}
	return ""
}

func (l *listener) heard(t *testing.T, prefix string) (line string) {
	t.Helper()
	eventually(t, "the host publishes "+prefix, func() bool { line = l.find(prefix); return line != "" })
	return line
}

// edge publishes as an edge node does: QoS 0, but its death.
type edge struct {
	t    *testing.T
	addr string
	dir  string
}

func (e *edge) send(verb, device, file string) {
	e.t.Helper()
	topic := "spBv1.0/RES01/" + verb + "/edge1"
	if device != "" {
		topic += "/" + device
	}
	host, port, _ := net.SplitHostPort(e.addr)
	qos := map[bool]string{true: "1", false: "0"}[verb == "NDEATH"]
	cmd := exec.Command(mqtttest.Tool(e.t, "mosquitto_pub"), "-h", host, "-p", port, "-q", qos, "-t", topic, "-f", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("mosquitto_pub %s: %v: %s", topic, err, out)
	}
}

func (e *edge) sample(verb, device, name string) {
	e.t.Helper()
	e.send(verb, device, filepath.Join("sparkplug", "testdata", "sparkplug-"+name+".bin"))
}

// data sends the sample DDATA with another sequence number and value.
func (e *edge) data(seq int, running bool) {
	e.t.Helper()
	b, err := os.ReadFile(filepath.Join("sparkplug", "testdata", "sparkplug-ddata-gap.bin"))
	if err != nil {
		e.t.Fatal(err)
	}
	b = b[:len(b)-4] // bool_value and seq are its last two fields
	b = append(b, 0x70, map[bool]byte{true: 1}[running], 0x18)
	if seq >= 128 {
		b = append(b, byte(seq)|0x80, byte(seq>>7))
	} else {
		b = append(b, byte(seq))
	}
	file := filepath.Join(e.dir, fmt.Sprintf("ddata-%d.bin", seq))
	if err := os.WriteFile(file, b, 0o600); err != nil {
		e.t.Fatal(err)
	}
	e.send("DDATA", "pump1", file)
}

func (e *edge) born() {
	e.t.Helper()
	e.sample("NBIRTH", "", "nbirth")
	e.sample("DBIRTH", "pump1", "dbirth")
}

// TestSparkplugMosquitto: an edge node's life through a real broker, published
// by mosquitto's own client: births, data by alias, a duplicate, a gap that
// ends in a rebirth, the sequence's wrap, deaths, and the broker's restart.
func TestSparkplugMosquitto(t *testing.T) {
	m := mqtttest.Start(t, "")
	l := listen(t, m.Addr)
	d := newDisk()
	r := runSpark(t, sparkSite(m.Addr), d.emit)
	e := &edge{t: t, addr: m.Addr, dir: t.TempDir()}
	online := l.heard(t, "spBv1.0/STATE/host1")
	if want := fmt.Sprintf("%x", `{"online":true,"timestamp":17000000`); !strings.HasPrefix(online, "spBv1.0/STATE/host1 1 0 "+want) {
		t.Errorf("the state is %q", online)
	}
	l.heard(t, "spBv1.0/RES01/NCMD/edge1 0 0 08")
	at := 0
	next := func(what string, want ...string) {
		t.Helper()
		eventually(t, what, func() bool { return len(d.texts()) >= at+len(want) })
		got := d.texts()[at:]
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %q, want %q", what, got, want)
		}
		at += len(want)
	}
	e.born()
	next("births", "edge restarts=3 good", "pump discharge_pressure=0.41200000000000003 good", "pump running=1 good",
		"pump starts=1231 good", "pump motor_temperature=NaN bad null")
	e.sample("DDATA", "pump1", "ddata")
	e.sample("DDATA", "pump1", "ddata")
	e.data(3, false)
	next("data once", "pump discharge_pressure=0.398 good", "pump running=0 good")
	for seq := 4; seq < 256; seq++ {
		e.data(seq, seq%2 == 0)
	}
	e.sample("DDATA", "pump1", "ddata-wrap")
	e.data(1, true)
	eventually(t, "254 messages", func() bool { return len(d.texts()) == at+254 })
	if got := d.texts()[at:]; !slices.Equal(got[252:], []string{"pump running=0 good", "pump running=1 good"}) || slices.Contains(got, "pump running=1 uncertain") {
		t.Errorf("over the wrap: %q", got[250:])
	}
	at += 254
	e.data(5, false)
	l.heard(t, "spBv1.0/RES01/NCMD/edge1")
	next("behind a gap", "pump running=0 uncertain messages before it are missing")
	e.born()
	next("rebirth", "edge restarts=3 good", "pump discharge_pressure=0.41200000000000003 good", "pump running=1 good",
		"pump starts=1231 good", "pump motor_temperature=NaN bad null")
	e.data(2, false)
	next("after the rebirth", "pump running=0 good")
	e.sample("NDEATH", "", "ndeath")
	const dead = "=NaN lost Sparkplug: the node's death"
	next("death", "edge restarts"+dead, "pump discharge_pressure"+dead, "pump running"+dead, "pump starts"+dead, "pump motor_temperature"+dead)

	m.Stop()
	r.broken()
	m.Start()
	again := listen(t, m.Addr)
	r.again(d.emit)
	r.up()
	again.heard(t, "spBv1.0/STATE/host1 1 0 "+fmt.Sprintf("%x", `{"online":true`))
	again.heard(t, "spBv1.0/RES01/NCMD/edge1")
	e.born()
	next("after the broker's restart", "edge restarts=3 good", "pump discharge_pressure=0.41200000000000003 good", "pump running=1 good",
		"pump starts=1231 good", "pump motor_temperature=NaN bad null")
	if s := r.status(); s.Unknown != 0 || s.Undecodable != 0 {
		t.Errorf("not all was used: %+v", s.Samples)
	}
}

// TestSparkplugState: what the broker keeps of our state. Somebody else's word
// that we are offline is put right; a cut connection leaves the will, with the
// birth's time; an end that is meant says so itself.
func TestSparkplugState(t *testing.T) {
	m := mqtttest.Start(t, "")
	p := newProxy(t, m.Addr)
	l := listen(t, m.Addr)
	d := newDisk()
	c := sparkSite(p.addr)
	r := runSpark(t, c, d.emit)
	const topic = "spBv1.0/STATE/host1 1 0 "
	state := func(online bool) string {
		return l.heard(t, topic+fmt.Sprintf("%x", fmt.Sprintf(`{"online":%t,"timestamp":`, online)))
	}
	tail := func(s string) string { // the timestamp
		return s[strings.LastIndex(s, fmt.Sprintf("%x", `:`)):]
	}
	birth := state(true)
	p.cut()
	r.broken()
	if will := state(false); tail(will) != tail(birth) {
		t.Errorf("the will is %q, the birth was %q", will, birth)
	}
	r.again(d.emit)
	r.up()
	state(true)
	r.stop()
	if end := state(false); tail(end) == tail(birth) {
		t.Errorf("the end that was meant has the birth's time: %q", end)
	}
	host, port, _ := net.SplitHostPort(m.Addr)
	kept, err := exec.Command(mqtttest.Tool(t, "mosquitto_sub"), "-h", host, "-p", port, "-t", "spBv1.0/STATE/host1", "-C", "1", "-W", "5").Output()
	if err != nil || !strings.HasPrefix(string(kept), `{"online":false`) {
		t.Errorf("the broker keeps %q: %v", kept, err)
	}
}

// TestSparkplugRefused: a batch that is refused is handed over message by
// message, as it was decoded the first time: a sequence cannot be read twice.
func TestSparkplugRefused(t *testing.T) {
	c := sparkSite("127.0.0.1:1")
	spark, err := newSpark(c, &c.Brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	k := &worker{decoder: decoder{routes: newRoutes(nil), spark: spark}, memory: newMemory(&c.Site)}
	payload := func(name string) string {
		b, err := os.ReadFile(filepath.Join("sparkplug", "testdata", "sparkplug-"+name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for i, x := range [][2]string{{"NBIRTH/edge1", "nbirth"}, {"DBIRTH/edge1/pump1", "dbirth"}, {"DDATA/edge1/pump1", "ddata"}} {
		k.decoder.origin = i
		b := payload(x[1])
		if _, err := k.decoder.message(&message{topic: "spBv1.0/RES01/" + x[0], payload: b, size: len(b), received: sparkBegin}); err != nil {
			t.Fatal(err)
		}
	}
	d := newDisk()
	if err := k.emitOneByOne(t.Context(), d.emit, k.decoder.collected(), "", nil); err != nil || d.called() != 3 || d.count() != 3 {
		t.Errorf("%d calls with %d readings: %v", d.called(), d.count(), err)
	}
}
