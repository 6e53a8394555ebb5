package mqtt

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

func TestAcknowledgedOnlyWhenOnDisk(t *testing.T) {
	m := mqtttest.Start(t, "")
	d, data := newDisk(), t.TempDir()
	release := d.hold()
	r := run(t, at(temperatures(), m.Addr), data, d.emit).up()
	publish(t, m.Addr, "t/1", `{"v":1}`)
	eventually(t, "Emit is called", func() bool { return d.called() == 1 })
	if n := r.status().Acked; n != 0 {
		t.Fatalf("%d acknowledged before Emit returned", n)
	}
	r.stop() // killed while the disk had not answered

	release()
	r = run(t, at(temperatures(), m.Addr), data, d.emit)
	eventually(t, "the message comes again", func() bool { return d.count() == 1 })
	eventually(t, "it is acknowledged", func() bool { return r.status().Acked == 1 })
	r.stop()

	run(t, at(temperatures(), m.Addr), data, d.emit).up()
	publish(t, m.Addr, "t/1", `{"v":2}`)
	want := []string{"a temperature=1 good", "a temperature=2 good"}
	eventually(t, "the second message", func() bool { return d.count() >= 2 })
	if got := d.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: what was acknowledged does not come again", got, want)
	}
}

func TestSessionOutlivesClientAndBroker(t *testing.T) {
	m := mqtttest.Start(t, "")
	d, data := newDisk(), t.TempDir()
	r := run(t, at(temperatures(), m.Addr), data, d.emit).up()
	r.stop()
	for i := range 5 {
		publish(t, m.Addr, "t/1", fmt.Sprintf(`{"v":%d}`, i))
	}
	m.Stop()
	m.Start()
	r = run(t, at(temperatures(), m.Addr), data, d.emit)
	eventually(t, "what came meanwhile", func() bool { return d.count() == 5 })

	r.up()
	m.Stop()
	err := r.broken()
	if !strings.Contains(err.Error(), "broker main ("+"tcp://"+m.Addr+")") {
		t.Errorf("error %q does not say which broker", err)
	}
	if s := r.status(); s.State != gateway.StateDown || s.Error == "" {
		t.Errorf("status %s %q while the broker is away", s.State, s.Error)
	}
	m.Start()
	r.again(d.emit)
	r.up()
	publish(t, m.Addr, "t/1", `{"v":5}`)
	eventually(t, "a message after the broker came back", func() bool { return d.count() == 6 })
}

func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r := run(t, at(temperatures(), l.Addr().String()), t.TempDir(), newDisk().emit)
	if err := r.broken(); !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
}

func TestWrongPassword(t *testing.T) {
	m := mqtttest.Start(t, "allow_anonymous false\n")
	r := run(t, at(temperatures(), m.Addr), t.TempDir(), newDisk().emit)
	if err := r.broken(); !strings.Contains(strings.ToLower(err.Error()), "not authorized") {
		t.Errorf("error %v", err)
	}
}

func TestRetainedIsUncertainUntilFresh(t *testing.T) {
	m := mqtttest.Start(t, "")
	publish(t, m.Addr, "t/1", `{"v":1}`, "-r")
	d, data := newDisk(), t.TempDir()
	r := run(t, at(temperatures(), m.Addr), data, d.emit).up()
	eventually(t, "the retained message", func() bool { return d.count() == 1 })
	publish(t, m.Addr, "t/1", `{"v":2}`)
	eventually(t, "the fresh message", func() bool { return d.count() == 2 })
	publish(t, m.Addr, "t/1", "", "-r") // clears it
	eventually(t, "the clearing message", func() bool { return r.status().Received == 3 })
	want := []string{"a temperature=1 uncertain retained", "a temperature=2 good"}
	if got := d.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s := r.status(); s.Undecodable != 0 || s.Unknown != 0 {
		t.Errorf("the clearing message was counted: %+v", s)
	}
}

func TestOldRetainedDoesNotComeBack(t *testing.T) {
	m := mqtttest.Start(t, "")
	publish(t, m.Addr, "t/1", `{"v":1}`, "-r")
	d := newDisk()
	r := run(t, at(temperatures(), m.Addr), t.TempDir(), d.emit).up()
	eventually(t, "the retained message", func() bool { return d.count() == 1 })
	m.Stop()
	r.broken()
	m.Start()
	r.again(d.emit)
	r.up()
	publish(t, m.Addr, "t/2", `{"v":2}`)
	eventually(t, "a message after it", func() bool { return d.count() >= 2 })
	want := []string{"a temperature=1 uncertain retained", "a temperature=2 good"}
	if got := d.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLastWillMakesLost(t *testing.T) {
	m := mqtttest.Start(t, "")
	d := newDisk()
	site := testSite(map[gateway.AssetID][]config.Topic{"flood": shellyGen1("s1")})
	run(t, at(site, m.Addr), t.TempDir(), d.emit).up()
	p := newProxy(t, m.Addr)
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://"+p.addr).SetClientID("s1").
		SetAutoReconnect(false).SetWill("shellies/s1/online", "false", 1, true))
	if tok := c.Connect(); !tok.WaitTimeout(patience) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	if tok := c.Publish("shellies/s1/sensor/flood", 1, false, "false"); !tok.WaitTimeout(patience) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	eventually(t, "the value", func() bool { return slices.Contains(d.texts(), "flood leak=0 good") })
	p.cut()
	eventually(t, "lost by the last will", func() bool {
		return slices.Contains(d.texts(), "flood leak=NaN lost availability offline")
	})
	if n := len(d.texts()); n != 1+len(leakPoints()) {
		t.Errorf("%d values, want one and then all %d lost:\n%q", n, len(leakPoints()), d.texts())
	}
}

func TestUnknownAndUndecodableAreShown(t *testing.T) {
	m := mqtttest.Start(t, "")
	d, data := newDisk(), t.TempDir()
	site := at(testSite(map[gateway.AssetID][]config.Topic{"a": {
		{Filter: "t/+/x", Format: config.FormatJSON, Fields: []config.Field{{Point: "temperature", Path: "v"}}},
	}}), m.Addr)
	r := run(t, site, data, d.emit).up()
	publish(t, m.Addr, "t/1/x", "\xff{"+strings.Repeat("x", 500))
	publish(t, m.Addr, "t/1/x", `{"v":1}`)
	eventually(t, "the good one", func() bool { return d.count() == 1 })
	eventually(t, "both are acknowledged", func() bool { return r.status().Acked == 2 })
	s := r.status()
	if s.Undecodable != 1 || s.Received != 2 || s.Rate <= 0 || len(s.Samples) != 1 {
		t.Fatalf("status %+v", s)
	}
	if p := s.Samples[0]; p.Topic != "t/1/x" || p.Reason != "not JSON" || len(p.Payload) > sampleBytes || !strings.HasPrefix(p.Payload, "?{xx") {
		t.Errorf("sample %+v", p)
	}
	if n := strings.Count(r.log.String(), "cannot be decoded"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func TestFiltersThatLeftTheSiteAreUnsubscribed(t *testing.T) {
	m := mqtttest.Start(t, "")
	d, data := newDisk(), t.TempDir()
	run(t, at(temperatures(), m.Addr), data, d.emit).up().stop()
	site := at(testSite(map[gateway.AssetID][]config.Topic{"a": {
		{Filter: "u", Format: config.FormatText, Fields: []config.Field{{Point: "temperature"}}},
	}}), m.Addr)
	r := run(t, site, data, d.emit).up()
	publish(t, m.Addr, "t/1", `{"v":1}`)
	publish(t, m.Addr, "u", "2")
	eventually(t, "the new topic", func() bool { return d.count() == 1 })
	if s := r.status(); s.Received != 1 {
		t.Errorf("received %d messages, want only the new topic's: %+v", s.Received, s.Samples)
	}
}

func TestDeniedFilterIsSaidLoudly(t *testing.T) {
	dir := t.TempDir()
	acl := filepath.Join(dir, "dynsec.json")
	const rules = `{"defaultACLAccess":{"publishClientSend":true,"publishClientReceive":true,"subscribe":true,"unsubscribe":true},
"clients":[],"groups":[{"groupname":"all","roles":[{"rolename":"r"}],"clients":[]}],"anonymousGroup":"all",
"roles":[{"rolename":"r","acls":[{"acltype":"subscribePattern","topic":"secret/#","priority":1,"allow":false}]}]}`
	if err := os.WriteFile(acl, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	plugin := ""
	for _, p := range []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"} {
		if f := filepath.Join(p, "mosquitto_dynamic_security.so"); plugin == "" {
			if _, err := os.Stat(f); err == nil {
				plugin = f
			}
		}
	}
	if plugin == "" {
		t.Fatal("mosquitto's dynamic security plugin is not installed: run `make tools`")
	}
	m := mqtttest.Start(t, "plugin "+plugin+"\nplugin_opt_config_file "+acl+"\n")
	d := newDisk()
	one := func(filter string) []config.Topic {
		return []config.Topic{{Filter: filter, Format: config.FormatText, Fields: []config.Field{{Point: "temperature"}}}}
	}
	site := at(testSite(map[gateway.AssetID][]config.Topic{"a": one("open/t"), "b": one("secret/t")}), m.Addr)
	r := run(t, site, t.TempDir(), d.emit)
	eventually(t, "a warning", func() bool { return r.status().State == gateway.StateWarning })
	if e := r.status().Error; !strings.Contains(e, "denies the subscription to secret/t") {
		t.Errorf("error %q does not name the filter", e)
	}
	publish(t, m.Addr, "open/t", "1")
	eventually(t, "the others work", func() bool { return d.count() == 1 })
	r.stop()

	site = at(testSite(map[gateway.AssetID][]config.Topic{"b": one("secret/t")}), m.Addr)
	site.Brokers[0].ClientID = "another"
	if err := run(t, site, t.TempDir(), d.emit).broken(); !strings.Contains(err.Error(), "denies every subscription: secret/t") {
		t.Errorf("error %v", err)
	}
}

func TestSlowDiskLosesNothing(t *testing.T) {
	const messages = 20_000
	m := mqtttest.Start(t, "")
	d := newDisk()
	release := d.hold()
	site := at(temperatures(), m.Addr)
	site.Brokers[0].KeepAlive = time.Second
	r := run(t, site, t.TempDir(), d.emit).up()
	sent := make(chan error, 1)
	go func() { sent <- load(m.Addr, 1, messages, false) }()
	eventually(t, "the queue is full", func() bool { return r.status().Queue == queueMessages })
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	// The reader stands still for several keep-alives; the session must live.
	select {
	case err := <-r.done:
		t.Fatalf("Run returned %v while the disk was busy", err)
	case <-time.After(4 * time.Second):
	}
	release()
	seen := make([]bool, messages)
	eventually(t, "all messages", func() bool { return d.count() >= messages })
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.got {
		seen[int(g.Values[0].Number)] = true
	}
	if i := slices.Index(seen, false); i >= 0 {
		t.Errorf("message %d is lost", i)
	}
	if len(d.got) != messages {
		t.Errorf("%d readings of %d messages on one unbroken connection", len(d.got), messages)
	}
}

func TestStalledBrokerIsNoticed(t *testing.T) {
	m := mqtttest.Start(t, "")
	p := newProxy(t, m.Addr)
	r := run(t, at(temperatures(), p.addr), t.TempDir(), newDisk().emit).up()
	p.stall()
	began := time.Now()
	err := r.broken()
	if took := time.Since(began); took > 5*time.Second { // keep-alive 2 s × 1.5, and a tick
		t.Errorf("noticed after %s", took)
	}
	if !strings.Contains(err.Error(), "nothing heard for") {
		t.Errorf("error %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	m := mqtttest.Start(t, "")
	r := run(t, at(temperatures(), m.Addr), t.TempDir(), func(ctx context.Context, _ []gateway.Reading) error {
		<-ctx.Done() // a disk that never answers
		return ctx.Err()
	}).up()
	publish(t, m.Addr, "t/1", `{"v":1}`)
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}
