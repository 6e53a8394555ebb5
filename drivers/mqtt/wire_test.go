package mqtt

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// pipe makes a wire and the broker's end of it.
func pipe(t *testing.T) (*wire, *queue, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	q := newQueue()
	w := newWire(near, nil, q, time.Now)
	t.Cleanup(func() {
		w.Close()
		far.Close()
	})
	return w, q, far
}

func published(topic string, payload []byte, qos byte, id uint16, dup bool) []byte {
	var b bytes.Buffer
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.MessageID, p.Dup = topic, payload, qos, id, dup
	p.Write(&b)
	return b.Bytes()
}

// send writes the bytes in small pieces and then a PINGRESP, which is what
// must come out of the wire.
func send(t *testing.T, far net.Conn, raw []byte) {
	t.Helper()
	go func() {
		for len(raw) > 0 {
			n := min(len(raw), 1+len(raw)/3)
			if _, err := far.Write(raw[:n]); err != nil {
				return
			}
			raw = raw[n:]
		}
		far.Write([]byte{0xd0, 0})
	}()
}

func TestWireKeepsPublishAndPassesTheRest(t *testing.T) {
	w, q, far := pipe(t)
	large := bytes.Repeat([]byte("x"), maxPayload)
	huge := bytes.Repeat([]byte("y"), maxPayload+200_000)
	raw := published("a/b", []byte("hello"), 1, 7, false)
	raw = append(raw, 0x90, 3, 0, 1, 0) // SUBACK
	raw = append(raw, published("a", large, 0, 0, false)...)
	raw = append(raw, published("c", huge, 1, 8, false)...)
	raw = append(raw, published("a/b", []byte("hello"), 1, 7, true)...) // re-sent, still waiting
	raw = append(raw, published("d", nil, 0, 0, false)...)
	w.suback.Store(1)
	send(t, far, raw)
	got := make([]byte, 7)
	if _, err := io.ReadFull(w, got); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0x90, 3, 0, 1, 0, 0xd0, 0}; !bytes.Equal(got, want) {
		t.Errorf("passed on % x, want % x", got, want)
	}
	b := q.take(nil)
	if len(b.packets) != 4 {
		t.Fatalf("%d messages, want 4", len(b.packets))
	}
	for i, want := range []struct {
		topic string
		kept  int
		size  int
	}{{"a/b", 5, 5}, {"a", maxPayload, maxPayload}, {"c", keptOfHuge, len(huge)}, {"d", 0, 0}} {
		p := b.packets[i]
		if topic := string(b.buf[p.start:p.topicEnd]); topic != want.topic || p.end-p.topicEnd != want.kept || p.size != want.size {
			t.Errorf("message %d: %s, %d of %d bytes, want %+v", i, topic, p.end-p.topicEnd, p.size, want)
		}
	}
	if b.packets[0].id != 7 || b.packets[2].id != 8 {
		t.Errorf("packet IDs %d and %d", b.packets[0].id, b.packets[2].id)
	}
}

func TestWireRefusesNonsense(t *testing.T) {
	for name, raw := range map[string][]byte{
		"malformed packet length": {0x30, 0xff, 0xff, 0xff, 0xff, 0xff},
		"with QoS 2":              published("a", nil, 2, 1, false),
		"malformed PUBLISH":       {0x30, 3, 0, 9, 'a'},
		"control packet of":       {0xd0, 0xff, 0xff, 0x7f},
		"SUBACK of 5 bytes":       {0x90, 5, 0, 1, 0, 0, 0},
	} {
		w, _, far := pipe(t)
		w.suback.Store(1)
		send(t, far, raw)
		_, err := io.ReadFull(w, make([]byte, 8))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("% x: error %v, want %q", raw, err, name)
		}
		select {
		case <-w.dead:
		default:
			t.Errorf("% x: the wire lives on", raw)
		}
	}
}
