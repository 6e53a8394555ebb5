package sim

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/tidwall/gjson"

	"steward/gateway/config"
)

const brokerPassword = "green-garden"

// mosquitto starts a real broker that lets in user field only.
func mosquitto(t *testing.T) (addr string, stop func()) {
	t.Helper()
	addr = freeAddress(t)
	return addr, mosquittoAt(t, addr)
}

func mosquittoAt(t *testing.T, addr string) (stop func()) {
	t.Helper()
	bin, err := exec.LookPath("mosquitto")
	if err != nil {
		bin = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(bin); err != nil {
		t.Fatal("mosquitto is missing: run `make tools`")
	}
	dir := t.TempDir()
	passwords := filepath.Join(dir, "passwords")
	if out, err := exec.CommandContext(t.Context(), "mosquitto_passwd", "-b", "-c", passwords, FieldUser, brokerPassword).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	_, port, _ := net.SplitHostPort(addr)
	conf := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\nuser root\n", port, passwords)
	file := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	t.Cleanup(stop)
	eventually(t, "mosquitto listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return stop
}

// inbox collects what a broker delivers.
type inbox struct {
	mu   sync.Mutex
	seen map[string][]paho.Message
}

func subscribe(t *testing.T, addr string) *inbox {
	t.Helper()
	in := &inbox{seen: map[string][]paho.Message{}}
	o := paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("test").SetUsername(FieldUser).SetPassword(brokerPassword).SetAutoReconnect(false)
	c := paho.NewClient(o)
	if tok := c.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatalf("subscriber: %v", tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	tok := c.Subscribe("#", 1, func(_ paho.Client, m paho.Message) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.seen[m.Topic()] = append(in.seen[m.Topic()], m)
	})
	if !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatalf("subscribe: %v", tok.Error())
	}
	return in
}

func (in *inbox) last(topic string) paho.Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.seen[topic]
	if len(m) == 0 {
		return nil
	}
	return m[len(m)-1]
}

func (in *inbox) text(topic string) string {
	if m := in.last(topic); m != nil {
		return string(m.Payload())
	}
	return ""
}

// estate is a site with every family of MQTT device at one broker.
func estate(t *testing.T, addr string) *site {
	s := newSite(t)
	s.cfg.Brokers = []config.Broker{{ID: "m", URL: "tcp://" + addr}}
	one := config.Transform{Scale: 1}
	states := func(topic, path string) config.Topic {
		f := config.FormatJSON
		if path == "" {
			f = config.FormatText
		}
		return config.Topic{Filter: topic, Format: f, Availability: &config.Availability{
			Path: path, Online: []string{"online", "true"}, Offline: []string{"offline", "false"},
		}}
	}
	put := func(id, kind string, topics ...config.Topic) {
		s.add(id, kind, "a").MQTT = &config.MQTTAsset{Broker: "m", Topics: topics}
	}
	leak := config.Field{Point: "leak", Path: "water_leak", Transform: one}
	for _, n := range []string{"k1", "k2"} {
		put("z-"+n, "leak_sensor", config.Topic{Filter: "zigbee2mqtt/flat/" + n, Format: config.FormatJSON, Fields: []config.Field{
			leak, {Point: "battery", Path: "battery", Transform: one},
			{Point: "battery_voltage", Path: "voltage", Transform: config.Transform{Scale: 0.001}},
		}}, states("zigbee2mqtt/flat/"+n+"/availability", "state"), states("zigbee2mqtt/bridge/state", "state"))
	}
	presence := states("shellies/shellyflood-1/online", "")
	presence.Availability.Online, presence.Availability.Offline = []string{"true"}, []string{"false"}
	text := func(topic, point string) config.Topic {
		return config.Topic{Filter: topic, Format: config.FormatText, Fields: []config.Field{{Point: point, Transform: one}}}
	}
	put("s1", "leak_sensor", text("shellies/shellyflood-1/sensor/flood", "leak"), text("shellies/shellyflood-1/sensor/temperature", "temperature"), presence)
	put("s4", "leak_sensor", config.Topic{
		Filter: "shellyfloodg4-1/events/rpc", Format: config.FormatJSON, When: "params.flood:0", Time: "params.ts", TimeFormat: "unix",
		Fields: []config.Field{{Point: "leak", Path: "params.flood:0.alarm", Transform: one}},
	}, config.Topic{
		Filter: "shellyfloodg4-1/events/rpc", Format: config.FormatJSON, When: "params.devicepower:0",
		Fields: []config.Field{{Point: "battery", Path: "params.devicepower:0.battery.percent", Transform: one}},
	}, config.Topic{
		Filter: "shellyfloodg4-1/events/rpc", Format: config.FormatJSON, When: "params.flood:0.errors",
		Fields: []config.Field{{
			Point: "probe_fault", Path: `params.flood:0.errors.#(=="cable_unplugged")`, Absent: ptr(0),
			Transform: config.Transform{Enum: map[string]float64{"cable_unplugged": 1}},
		}},
	})
	status := config.Transform{Enum: map[string]float64{"normal": 0, "leak": 1}}
	put("lora", "leak_sensor", config.Topic{
		Filter: "application/+/device/24e1240081c33680/event/up", Format: config.FormatJSON, Time: "time", TimeFormat: "rfc3339",
		Fields: []config.Field{{Point: "leak", Path: "object.leakage_status", Transform: status}, {Point: "humidity", Path: "object.humidity", Transform: one}},
	}, config.Topic{
		Filter: "application/+/device/24e1240081c33680/event/up", Format: config.FormatJSON, Each: "object.history", Time: "timestamp", TimeFormat: "unix",
		Fields: []config.Field{{Point: "leak", Path: "leakage_status", Transform: status}},
	})
	put("tank", "tank", config.Topic{
		Filter: "site/+/level", Format: config.FormatJSON, Time: "ts", TimeFormat: "unix_ms",
		Fields: []config.Field{
			{Point: "level", Path: "in.1.v", Strip: true, Transform: config.Transform{Scale: 0.01}},
			{Point: "volume", Path: "in.0.v", Transform: one},
			{Point: "battery", Path: "odd.#.path", Transform: one},
		},
	})
	return s
}

func credentials(o Options) Options {
	o.MQTTUser = func(string) string { return FieldUser }
	o.MQTTPassword = func(string) string { return brokerPassword }
	return o
}

func TestBrokerGetsProperPayloads(t *testing.T) {
	addr, _ := mosquitto(t)
	in := subscribe(t, addr)
	f := estate(t, addr).field(credentials(Options{Seed: 2}))
	run(t, f)
	topics := []string{
		"zigbee2mqtt/flat/k1", "zigbee2mqtt/flat/k2", "shellies/shellyflood-1/sensor/flood", "shellies/shellyflood-1/sensor/temperature",
		"shellyfloodg4-1/events/rpc", "application/" + chirpstackApplication + "/device/24e1240081c33680/event/up", "site/sim/level",
	}
	for _, topic := range topics {
		eventually(t, topic, func() bool { return in.last(topic) != nil })
	}
	for topic, want := range map[string]string{
		"zigbee2mqtt/flat/k1/availability": `{"state":"online"}`, "zigbee2mqtt/bridge/state": `{"state":"online"}`, "shellies/shellyflood-1/online": "true",
	} {
		eventually(t, topic, func() bool { return in.text(topic) == want })
	}
	value := func(asset, point string) float64 {
		v, _ := f.Value(f.cfg.Assets[indexOf(f, asset)].ID, point)
		return v
	}
	z := in.text("zigbee2mqtt/flat/k1")
	if gjson.Get(z, "water_leak").Type != gjson.False || gjson.Get(z, "battery").Float() != value("z-k1", "battery") ||
		gjson.Get(z, "voltage").Float() < 2600 || !gjson.Get(z, "linkquality").Exists() {
		t.Errorf("zigbee2mqtt: %s", z)
	}
	if g := in.text("shellies/shellyflood-1/sensor/flood"); g != "false" {
		t.Errorf("Shelly Gen1: %q", g)
	}
	s := in.text("shellyfloodg4-1/events/rpc")
	for path, want := range map[string]string{
		"src": "shellyfloodg4-1", "dst": "shellyfloodg4-1/events", "method": "NotifyStatus", "params.flood:0.alarm": "false",
		"params.flood:0.id": "0", "params.flood:0.mute": "false", "params.flood:0.errors": "[]",
	} {
		if got := gjson.Get(s, path); got.String() != want {
			t.Errorf("Shelly Gen4: %s is %q, want %q in %s", path, got, want, s)
		}
	}
	if age := float64(time.Now().Unix()) - gjson.Get(s, "params.ts").Float(); age < -5 || age > 60 {
		t.Errorf("Shelly Gen4: ts is %v s old", age)
	}
	c := in.text(topics[5])
	at, err := time.Parse(time.RFC3339Nano, gjson.Get(c, "time").String())
	if err != nil || time.Since(at) > time.Minute || gjson.Get(c, "object.leakage_status").String() != "normal" ||
		gjson.Get(c, "deviceInfo.devEui").String() != "24e1240081c33680" || !gjson.Get(c, "rxInfo.0.rssi").Exists() || gjson.Get(c, "object.history").Exists() {
		t.Errorf("ChirpStack (%v): %s", err, c)
	}
	l := in.text("site/sim/level")
	if !strings.HasSuffix(gjson.Get(l, "in.1.v").String(), " m") || gjson.Get(l, "in.0.v").Float() <= 0 || gjson.Get(l, "ts").Int() == 0 {
		t.Errorf("generic: %s", l)
	}
	for _, topic := range topics {
		if m := in.last(topic); strings.HasPrefix(string(m.Payload()), "{") && !json.Valid(m.Payload()) {
			t.Errorf("%s: not JSON: %s", topic, m.Payload())
		}
	}
	if q := in.last("shellyfloodg4-1/events/rpc").Qos(); q != 1 {
		t.Errorf("Shelly Gen4 publishes at QoS %d, want 1", q)
	}
}

func indexOf(f *Field, asset string) int {
	for i := range f.cfg.Assets {
		if string(f.cfg.Assets[i].ID) == asset {
			return i
		}
	}
	return 0
}

func TestLeakAndSilenceOverMQTT(t *testing.T) {
	addr, _ := mosquitto(t)
	in := subscribe(t, addr)
	f := estate(t, addr).field(credentials(Options{Seed: 2}))
	run(t, f)
	z := func() string { return gjson.Get(in.text("zigbee2mqtt/flat/k1"), "water_leak").String() }
	eventually(t, "dry", func() bool { return z() == "false" })
	if err := f.Inject("z-k1", Fault{Kind: FaultLeak}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "wet", func() bool { return z() == "true" })
	if err := f.Inject("z-k1", Fault{Kind: FaultLeak, Off: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "dry again", func() bool { return z() == "false" })

	lora := "application/" + chirpstackApplication + "/device/24e1240081c33680/event/up"
	if err := f.SetPoint("lora", "leak", 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "wet by SetPoint", func() bool { return gjson.Get(in.text(lora), "object.leakage_status").String() == "leak" })

	if err := f.SetPoint("s4", "probe_fault", 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "cable unplugged", func() bool {
		return gjson.Get(in.text("shellyfloodg4-1/events/rpc"), `params.flood:0.errors.#(=="cable_unplugged")`).Exists()
	})

	if err := f.Inject("z-k1", Fault{Kind: FaultSilent}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "gone", func() bool { return in.text("zigbee2mqtt/flat/k1/availability") == `{"state":"offline"}` })
	if got := in.text("zigbee2mqtt/bridge/state"); got != `{"state":"online"}` {
		t.Errorf("one silent device took its bridge down: %s", got)
	}
	if err := f.Inject("z-k1", Fault{Kind: FaultSilent, Off: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "back", func() bool { return in.text("zigbee2mqtt/flat/k1/availability") == `{"state":"online"}` })
}

func TestAvailabilityIsRetainedAndTakenBack(t *testing.T) {
	addr, _ := mosquitto(t)
	t.Run("while it runs", func(t *testing.T) {
		f := estate(t, addr).field(credentials(Options{Seed: 2}))
		run(t, f)
		late := subscribe(t, addr)
		eventually(t, "retained", func() bool {
			m := late.last("shellies/shellyflood-1/online")
			return m != nil && string(m.Payload()) == "true"
		})
	})
	late := subscribe(t, addr) // the field has ended
	for topic, want := range map[string]string{
		"shellies/shellyflood-1/online": "false", "zigbee2mqtt/flat/k2/availability": `{"state":"offline"}`, "zigbee2mqtt/bridge/state": `{"state":"offline"}`,
	} {
		eventually(t, topic+" offline", func() bool { return late.text(topic) == want })
		if m := late.last(topic); !m.Retained() {
			t.Errorf("%s is not retained", topic)
		}
	}
}

func TestFieldOutlivesItsBroker(t *testing.T) {
	addr, stop := mosquitto(t)
	stop()
	f := estate(t, addr).field(credentials(Options{Seed: 2}))
	run(t, f) // ready although the broker is away
	for range 2 {
		stop := mosquittoAt(t, addr)
		in := subscribe(t, addr)
		eventually(t, "payloads after the broker came", func() bool { return in.last("site/sim/level") != nil })
		stop()
	}
}

func TestLastWills(t *testing.T) {
	s := estate(t, "127.0.0.1:1")
	f := s.field(Options{})
	want := map[string]string{"zigbee2mqtt": bridgeState, "s1": "shellies/shellyflood-1/online"}
	for _, sp := range f.speakers {
		o := sp.options(nil)
		if topic, ok := want[sp.name]; ok != o.WillEnabled || o.WillTopic != topic || ok && !o.WillRetained {
			t.Errorf("%s: will %v on %q, want %q", sp.name, o.WillEnabled, o.WillTopic, topic)
		}
	}
	if len(f.speakers) != 5 { // zigbee2mqtt, chirpstack and three devices of their own
		t.Errorf("%d clients, want 5", len(f.speakers))
	}
}
