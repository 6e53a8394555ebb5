package mqtt

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers"
	"steward/drivers/drivertest"
	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

func TestContract(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Wire {
		m := mqtttest.Start(t, "")
		return contractWire(t, at(temperatures(), m.Addr), func(string) string { return m.Addr })
	})
}

// contractWire makes the suite's wire: its device publishes numbers to t/1.
func contractWire(t *testing.T, site *config.Config, address func(url string) string) drivertest.Wire {
	src, err := Driver().New(drivers.Spec{
		Wire: "main", Config: site, Log: slog.New(slog.DiscardHandler), Now: time.Now, Data: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	status := src.(drivers.BrokerReporter).BrokerStatus
	device := &numbers{t: t, address: func() string {
		s := status()
		if s.State != gateway.StateUp {
			return "" // before it has subscribed nothing would be kept for it
		}
		return address(s.URL)
	}}
	t.Cleanup(device.close)
	return drivertest.Wire{
		Source: src, Assets: []gateway.AssetID{"a"}, Produce: device.produce,
		Number: func(r gateway.Reading) (int, bool) { return int(r.Values[0].Number), true },
		Taken:  func() int { return int(status().Acked) },
	}
}

// numbers is a device that publishes 1, 2, 3 …
type numbers struct {
	t       *testing.T
	address func() string
	n       int
	at      string
	client  paho.Client
}

func (d *numbers) produce() {
	addr := d.address()
	if addr == "" {
		return
	}
	if d.client == nil || addr != d.at {
		d.close()
		d.at = addr
		d.client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("numbers").
			SetUsername("dev").SetPassword("p").SetAutoReconnect(false))
		if tok := d.client.Connect(); !tok.WaitTimeout(patience) || tok.Error() != nil {
			d.t.Fatal(tok.Error())
		}
	}
	d.n++
	d.client.Publish("t/1", 1, false, fmt.Sprintf(`{"v":%d}`, d.n))
}

func (d *numbers) close() {
	if d.client != nil {
		d.client.Disconnect(10)
	}
}

func TestContractEmbedded(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Wire {
		return contractWire(t, embeddedSite(), func(url string) string { return strings.TrimPrefix(url, "tcp://") })
	})
}
