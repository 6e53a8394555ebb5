package mqtt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

// embeddedSite is temperatures on the embedded broker, any port.
func embeddedSite() *config.Config {
	c := temperatures()
	c.Brokers[0].Embedded, c.Brokers[0].Listen = true, "127.0.0.1:0"
	c.Brokers[0].Users = []config.BrokerUser{{Name: "dev", Password: "p", Publish: []string{"t/#", "other"}, Subscribe: []string{"t/#"}}}
	return c
}

func (r *running) addr() string { return strings.TrimPrefix(r.status().URL, "tcp://") }

func TestEmbeddedKeepsWhatWasNotOnDisk(t *testing.T) {
	d, data := newDisk(), t.TempDir()
	release := d.hold()
	r := run(t, embeddedSite(), data, d.emit).up()
	publish(t, r.addr(), "t/1", `{"v":1}`, "-u", "dev", "-P", "p")
	eventually(t, "Emit is called", func() bool { return d.called() == 1 })
	r.stop() // the broker goes too
	release()

	r = run(t, embeddedSite(), data, d.emit).up()
	eventually(t, "the message comes again", func() bool { return d.count() == 1 })
	eventually(t, "it is acknowledged", func() bool { return r.status().Acked == 1 })
	publish(t, r.addr(), "other", `{"v":1}`, "-u", "dev", "-P", "p")
	eventually(t, "the unknown topic is counted", func() bool { return r.status().Unknown == 1 })
	if s := r.status().Samples; len(s) != 1 || s[0].Topic != "other" {
		t.Errorf("samples %+v", s)
	}
}

func TestEmbeddedOutlivesOurConnection(t *testing.T) {
	d := newDisk()
	data := t.TempDir()
	r := run(t, embeddedSite(), data, d.emit).up()
	addr := r.addr()
	ours, err := os.ReadFile(filepath.Join(data, "mqtt-main", "client-id"))
	if err != nil || !strings.HasPrefix(string(ours), "steward-test-") {
		t.Fatalf("our client ID %q: %v", ours, err)
	}
	connect := func(id string) paho.Client {
		c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername("dev").SetPassword("p").
			SetAutoReconnect(false).SetCleanSession(false))
		if tok := c.Connect(); !tok.WaitTimeout(patience) || tok.Error() != nil {
			t.Fatal(tok.Error())
		}
		return c
	}
	device := connect("device")
	defer device.Disconnect(10)
	connect(string(ours)).Disconnect(10) // takes our session over, and leaves
	eventually(t, "our connection broke", func() bool { return strings.Contains(r.log.String(), "embedded broker broke") })
	r.up()
	if tok := device.Publish("t/1", 1, false, `{"v":3}`); !tok.WaitTimeout(patience) || tok.Error() != nil {
		t.Fatal("the device's connection did not live on:", tok.Error())
	}
	eventually(t, "its message", func() bool { return slices.Contains(d.texts(), "a temperature=3 good") })
	if r.addr() != addr {
		t.Errorf("the broker moved from %s to %s", addr, r.addr())
	}
}

func TestEmbeddedCannotListen(t *testing.T) {
	c := embeddedSite()
	m := mqtttest.Start(t, "")
	c.Brokers[0].Listen = m.Addr
	if err := run(t, c, t.TempDir(), newDisk().emit).broken(); !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}

func TestDataFolderThatCannotBeMade(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t, embeddedSite(), file, newDisk().emit).broken(); !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("error %v", err)
	}
}

func TestRefusedReadingsDoNotStopTheOthers(t *testing.T) {
	m := mqtttest.Start(t, "")
	d := newDisk()
	r := run(t, at(temperatures(), m.Addr), t.TempDir(), func(ctx context.Context, rs []gateway.Reading) error {
		for _, x := range rs {
			if x.Values[0].Number == 2 {
				return errors.New("asset a is not in the site")
			}
		}
		return d.emit(ctx, rs)
	}).up()
	for i := range 4 {
		publish(t, m.Addr, "t/1", fmt.Sprintf(`{"v":%d}`, i))
	}
	eventually(t, "the others", func() bool { return d.count() == 3 })
	eventually(t, "all are acknowledged", func() bool { return r.status().Acked == 4 })
	s := r.status()
	if s.Undecodable != 1 || len(s.Samples) != 1 || !strings.Contains(s.Samples[0].Reason, "not in the site") {
		t.Errorf("status %+v", s)
	}
}
