package mqtt

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// loadEnv makes the test binary a publisher instead: "addr qos count", so that
// its CPU is not counted as the driver's.
const loadEnv = "STEWARD_TEST_MQTT_LOAD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(loadEnv); spec != "" {
		f := strings.Fields(spec)
		qos, _ := strconv.Atoi(f[1])
		n, _ := strconv.Atoi(f[2])
		if err := load(f[0], byte(qos), n, true); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// loadProcess publishes from another process.
func loadProcess(b testing.TB, addr string, qos byte, n int) *exec.Cmd {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", loadEnv, addr, qos, n))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return cmd
}

// sixFields is the payload of message i: six fields, some 110 bytes.
func sixFields(i int) string {
	return fmt.Sprintf(`{"v":%d,"battery":%d,"humidity":%d.5,"leak":false,"voltage":229.%03d,"tamper":false,"linkquality":84}`, i, i%101, i%90, i%1000)
}

// load publishes n messages to t/0 … t/199, at QoS 1 with at most 2,000 of
// them unacknowledged.
func load(addr string, qos byte, n int, six bool) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	w := bufio.NewWriterSize(c, 16<<10)
	r := bufio.NewReader(c)
	hello := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	hello.ProtocolName, hello.ProtocolVersion, hello.CleanSession, hello.ClientIdentifier = "MQTT", 4, true, fmt.Sprintf("load-%d", os.Getpid())
	if err := hello.Write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := packets.ReadPacket(r); err != nil {
		return err
	}
	window := make(chan struct{}, 2000)
	failed := make(chan error, 1)
	if qos > 0 {
		go func() {
			for range n {
				if _, err := io.CopyN(io.Discard, r, 4); err != nil { // PUBACK
					failed <- err
					return
				}
				<-window
			}
			failed <- nil
		}()
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos = qos
	for i := range n {
		if qos > 0 {
			select {
			case window <- struct{}{}:
			default:
				if err := w.Flush(); err != nil {
					return err
				}
				select {
				case window <- struct{}{}:
				case err := <-failed:
					return err
				}
			}
			p.MessageID = uint16(i%65535) + 1
		}
		p.TopicName = "t/" + strconv.Itoa(i%200)
		if p.Payload = []byte(sixFields(i)); !six {
			p.Payload = []byte(fmt.Sprintf(`{"v":%d}`, i))
		}
		if err := p.Write(w); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if qos > 0 {
		return <-failed
	}
	(&packets.DisconnectPacket{FixedHeader: packets.FixedHeader{MessageType: packets.Disconnect}}).Write(w)
	return w.Flush()
}
