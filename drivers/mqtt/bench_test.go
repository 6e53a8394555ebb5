package mqtt

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

// sixFieldSite maps load's payloads.
func sixFieldSite() *config.Config {
	return testSite(map[gateway.AssetID][]config.Topic{"a": {{
		Filter: "t/+", Format: config.FormatJSON, Fields: []config.Field{
			{Point: "temperature", Path: "v"}, {Point: "battery", Path: "battery"}, {Point: "humidity", Path: "humidity"},
			{Point: "leak", Path: "leak"}, {Point: "voltage", Path: "voltage"}, {Point: "tamper", Path: "tamper"},
		},
	}}})
}

func benchmarkDecode(b *testing.B, c *config.Config, topic, payload string, received time.Time) {
	d := newDecoder(b, c)
	m := &message{topic: topic, payload: payload, size: len(payload), received: received}
	b.ReportAllocs()
	for b.Loop() {
		d.reset()
		if v, err := d.message(m); v != used || len(d.collected()) == 0 {
			b.Fatal(v, err)
		}
	}
}

func BenchmarkDecodeSixFields(b *testing.B) {
	benchmarkDecode(b, sixFieldSite(), "t/7", sixFields(1234), time.Now())
}

func BenchmarkDecodeChirpStack(b *testing.B) {
	payload, err := os.ReadFile("testdata/payloads/chirpstack4-up-milesight-em300-sld-leak.json")
	if err != nil {
		b.Fatal(err)
	}
	c := testSite(map[gateway.AssetID][]config.Topic{"a": milesightSLD("24e1247cd36314c1")})
	benchmarkDecode(b, c, "application/x/device/24e1247cd36314c1/event/up", string(payload), time.Date(2022, 7, 18, 9, 35, 0, 0, time.UTC))
}

// processCPU returns the CPU time of this process so far.
func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmarkLoad measures the process's CPU from the first message that another
// process publishes until b.N have arrived.
func benchmarkLoad(b *testing.B, addr string, qos byte, arrived *atomic.Int64) {
	b.ReportAllocs()
	b.ResetTimer()
	cpu, began := processCPU(b), time.Now()
	cmd := loadProcess(b, addr, qos, b.N)
	last, since := int64(0), time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for arrived.Load() < int64(b.N) {
		<-tick.C
		if n := arrived.Load(); n != last {
			last, since = n, time.Now()
		} else if time.Since(since) > 5*time.Second {
			break // at QoS 0 a broker may drop
		}
	}
	b.StopTimer()
	n := float64(arrived.Load())
	b.ReportMetric(float64(processCPU(b)-cpu)/n, "cpu-ns/msg")
	b.ReportMetric(n/time.Since(began).Seconds(), "msg/s")
	b.ReportMetric(float64(b.N)-n, "missing")
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBroker: mosquitto in its process, the load in another, here the
// driver from the socket to Emit and the acknowledgement. Emit waits half a
// millisecond, as a disk does.
func BenchmarkBroker(b *testing.B) {
	for name, qos := range map[string]byte{"QoS0": 0, "QoS1": 1} {
		b.Run(name, func(b *testing.B) {
			m := mqtttest.Start(b, "")
			site := at(sixFieldSite(), m.Addr)
			site.Brokers[0].QoS = qos
			site.Brokers[0].KeepAlive = 30 * time.Second
			var arrived, emits atomic.Int64
			run(b, site, b.TempDir(), func(_ context.Context, r []gateway.Reading) error {
				time.Sleep(500 * time.Microsecond)
				arrived.Add(int64(len(r)))
				emits.Add(1)
				return nil
			}).up()
			benchmarkLoad(b, m.Addr, qos, &arrived)
			b.ReportMetric(float64(arrived.Load())/float64(emits.Load()), "msg/emit")
		})
	}
}

// bufferedConn reads as wire does, but passes everything on.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// BenchmarkPahoAlone is what the same costs when PUBLISH and PUBACK travel
// through paho, over a connection that reads the same way, and without any
// decoding: the reason why they do not.
func BenchmarkPahoAlone(b *testing.B) {
	for name, qos := range map[string]byte{"QoS0": 0, "QoS1": 1} {
		b.Run(name, func(b *testing.B) {
			m := mqtttest.Start(b, "")
			var arrived atomic.Int64
			c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.Addr).SetClientID("bare").SetCleanSession(false).
				SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
					c, err := net.Dial("tcp", u.Host)
					if err != nil {
						return nil, err
					}
					raw, err := c.(*net.TCPConn).SyscallConn()
					if err != nil {
						return nil, err
					}
					return bufferedConn{c, newWire(c, raw, newQueue(), time.Now).r}, nil
				}))
			if t := c.Connect(); t.Wait() && t.Error() != nil {
				b.Fatal(t.Error())
			}
			defer c.Disconnect(quiesceMS)
			if t := c.Subscribe("t/+", qos, func(paho.Client, paho.Message) { arrived.Add(1) }); t.Wait() && t.Error() != nil {
				b.Fatal(t.Error())
			}
			benchmarkLoad(b, m.Addr, qos, &arrived)
		})
	}
}
