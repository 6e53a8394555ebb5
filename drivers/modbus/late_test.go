package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// serialPipe is an in-memory serial line: Pending sees what a device is
// trying to send, as the kernel's buffer would hold it.
type serialPipe struct {
	net.Conn
	deadline time.Time
}

func (p *serialPipe) SetDeadline(t time.Time) error {
	p.deadline = t
	return p.Conn.SetDeadline(t)
}

func (p *serialPipe) Pending(b []byte) (int, error) {
	n := 0
	for {
		if err := p.Conn.SetReadDeadline(time.Now().Add(time.Microsecond)); err != nil {
			return n, err
		}
		m, err := p.Conn.Read(b[n:])
		n += m
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, p.Conn.SetReadDeadline(p.deadline)
		}
		if err != nil {
			return n, err
		}
	}
}

// lateSerial answers RTU requests in their order, each with its registers'
// addresses, after a delay of its own choice.
func lateSerial(all *sync.WaitGroup, delay func() time.Duration) func(context.Context) (wire, error) {
	return func(context.Context) (wire, error) {
		ours, theirs := net.Pipe()
		queue := make(chan request, 64)
		all.Go(func() {
			defer close(queue)
			in := make([]byte, 8)
			for {
				if _, err := io.ReadFull(theirs, in); err != nil {
					return
				}
				queue <- request{in[0], config.Table(in[1]), binary.BigEndian.Uint16(in[2:]), binary.BigEndian.Uint16(in[4:])}
			}
		})
		buffer := make(chan []byte, 64) // so that the device never waits for its reader
		all.Go(func() {
			defer close(buffer)
			for r := range queue {
				time.Sleep(delay())
				out := append([]byte{r.unit, byte(r.table), byte(r.size())}, registers(r)...)
				buffer <- binary.LittleEndian.AppendUint16(out, crc16(out))
			}
		})
		all.Go(func() {
			for out := range buffer {
				_, _ = theirs.Write(out) // fails when the line is closed: the test is over
			}
		})
		return &serialPipe{Conn: ours}, nil
	}
}

// On a line without transaction ids a late answer looks like the next one's.
// An answer that comes up to almost three time-outs after its request, when
// the ones after it are prompt, is not taken for another request's.
func TestLateAnswersOnASerialLineAreNotMistaken(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		const timeout = 100 * time.Millisecond
		b := open(t, config.Bus{Transport: config.ModbusRTU, Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, Timeout: timeout},
			assetOf("a", 1, 250*time.Millisecond, 10, 20, 30, 40), assetOf("b", 1, 400*time.Millisecond, 50, 60), assetOf("c", 2, 300*time.Millisecond, 70, 80))
		var all sync.WaitGroup
		prompt := 0
		b.line.dial = lateSerial(&all, func() time.Duration {
			if prompt--; prompt >= 0 || rnd.IntN(6) > 0 {
				return 5 * time.Millisecond
			}
			prompt = 3
			return time.Duration(rnd.Int64N(int64(28 * timeout / 10)))
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		want := map[gateway.AssetID][]float64{"a": {10, 20, 30, 40}, "b": {50, 60}, "c": {70, 80}}
		numbers, wrong := 0, 0
		if err := b.Run(ctx, func(_ context.Context, rs []gateway.Reading) error {
			for _, r := range rs {
				for i, v := range r.Values {
					if v.Quality == gateway.QualityGood {
						numbers++
						if v.Number != want[r.Asset][i] {
							wrong++
						}
					}
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		all.Wait()
		st := b.BusStatus()
		if wrong > 0 || numbers < 5000 || st.Timeouts < 100 {
			t.Errorf("%d of %d numbers were another register's; %d time-outs, %d strays", wrong, numbers, st.Timeouts, st.Strays)
		}
	})
}

// One reading that the site does not know costs the others nothing.
func TestOutboxKeepsTheOthersOfARefusedBatch(t *testing.T) {
	o := newOutbox(4, slog.New(slog.DiscardHandler))
	for _, id := range []gateway.AssetID{"a", "unknown", "b"} {
		if err := o.put(t.Context(), &gateway.Reading{Asset: id}); err != nil {
			t.Fatal(err)
		}
	}
	o.close()
	var got []string
	o.run(t.Context(), func(_ context.Context, r []gateway.Reading) error {
		if slices.ContainsFunc(r, func(g gateway.Reading) bool { return g.Asset == "unknown" }) {
			return errors.New("unknown asset")
		}
		for _, g := range r {
			got = append(got, string(g.Asset))
		}
		return nil
	})
	if s := strings.Join(got, " "); s != "a b" {
		t.Errorf("emitted %q, want a and b", s)
	}
}
