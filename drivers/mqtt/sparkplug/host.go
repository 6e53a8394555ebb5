package sparkplug

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// DefaultReorder is how long a message that comes too early is held.
	DefaultReorder = 5 * time.Second

	maxHeld          = 64 // messages of a node; more than that are missing for good
	maxDevices       = 1000
	rebirthPause     = 10 * time.Second
	rebirthPauseMax  = 5 * time.Minute
	rebirthsAtOnce   = 20
	birthPatience    = 30 * time.Second
	statePause       = 5 * time.Second
	unansweredBefore = 3 // rebirths, before it is said that the node does not answer
)

// Options of a host.
type Options struct {
	ID      string        // of the host application
	Reorder time.Duration // 0: a message that is missing is missed at once
	Devices []Device      // that anybody wants to hear of
}

// Host follows the edge nodes of a site. It is not for concurrent use.
type Host struct {
	id      string
	reorder time.Duration
	nodes   map[Node]*node
	order   []*node // as given, so that the same messages give the same answers
	payload Payload
	state   struct {
		topic string
		since time.Time // the time in the state that was published; zero: not connected
		said  time.Time
	}
}

// Output collects what messages and time have made. The texts in it are parts
// of the payloads.
type Output struct {
	Updates  []Update
	Commands []Command
	Silent   []Node // that do not answer their rebirth requests: said once a silence

	values []Value
}

// Reset empties the output and keeps its memory.
func (o *Output) Reset() {
	clear(o.values)
	o.Updates, o.Commands, o.Silent, o.values = o.Updates[:0], o.Commands[:0], o.Silent[:0], o.values[:0]
}

// Update is what one device (or, with an empty Device, its node) reported at
// one instant, or that it is lost.
type Update struct {
	Node       Node
	Device     string
	Lost       string    // why it is lost; empty: it is not
	Time       time.Time // zero: the payload has none; of Lost the host's
	Received   time.Time
	Historical bool
	Values     []Value
}

// Command is a message to publish.
type Command struct {
	Topic    string
	Payload  []byte
	QoS      byte
	Retained bool
}

// node is what is known of one edge node.
type node struct {
	Node
	born     bool
	bdSeq    uint64
	hasBdSeq bool
	birth    time.Time  // the payload time of the NBIRTH
	next     uint8      // the sequence number that is to come
	recent   [256]int64 // Unix ms of the messages taken, by their numbers
	doubt    string     // why aliases may be another birth's; empty: they are not
	own      device
	devices  map[string]*device
	held     []held
	looked   time.Time // when its devices were last looked through
	gap      time.Time // since when something is missing; zero: nothing is

	wanted bool      // a rebirth
	after  time.Time // and not before then
	pause  time.Duration
	asked  int // without an answer
}

// device is what is known of one device, or of the node's own metrics.
type device struct {
	name    string
	born    bool
	lost    bool
	due     time.Time // by when it must be born again; zero: it must not
	aliases map[uint64]def
	types   map[string]DataType
	newest  time.Time // of its live readings
}

// def is what a birth said of an alias.
type def struct {
	name string
	dt   DataType
}

// held is a message that came too early.
type held struct {
	address
	payload  Payload
	received time.Time
}

// New makes a host that knows of no birth yet.
func New(o Options) *Host {
	h := &Host{id: o.ID, reorder: o.Reorder, nodes: map[Node]*node{}}
	h.state.topic = StateTopic(o.ID)
	for _, d := range o.Devices {
		n := h.nodes[d.Node]
		if n == nil {
			n = &node{Node: d.Node, devices: map[string]*device{}, pause: rebirthPause}
			h.nodes[d.Node], h.order = n, append(h.order, n)
		}
		if d.Name != "" {
			n.devices[d.Name] = &device{name: d.Name}
		}
	}
	return h
}

// Connected says that the connection to the broker stands, after the will of
// State(false, since) was left with it: the state is published, and every node
// is asked for its birth. Messages of QoS 0 may have been missed before, deaths
// too: a device of which nothing comes within birthPatience is lost.
func (h *Host) Connected(now, since time.Time, out *Output) {
	h.state.since, h.state.said = since, now
	out.Commands = append(out.Commands, h.online())
	for _, n := range h.order {
		h.giveUp(now, n, "the connection to the broker was away", out)
		n.after, n.pause, n.asked = now, rebirthPause, 0
		for _, d := range n.all() {
			d.due = now.Add(birthPatience)
		}
	}
	h.Tick(now, out)
}

// Disconnected says that there is no connection any more. Before one that is
// meant State(false, now) is published; the will tells of the other sort.
func (h *Host) Disconnected() { h.state.since = time.Time{} }

// all returns the node's own metrics and its devices, always in one order.
func (n *node) all() []*device {
	out := []*device{&n.own}
	for _, name := range slices.Sorted(maps.Keys(n.devices)) {
		out = append(out, n.devices[name])
	}
	return out
}

func (h *Host) online() Command {
	return Command{Topic: h.state.topic, Payload: State(true, h.state.since), QoS: 1, Retained: true}
}

// ErrNotMine says that nobody wants to hear of a node.
var ErrNotMine = errors.New("no asset is behind this Sparkplug node")

// ErrNoBirth says that a message cannot be read before a birth.
var ErrNoBirth = errors.New("no birth has been seen; it is asked for")

// Message takes one message and appends what it makes to out. An error means
// that it could not be used, or not all of it.
func (h *Host) Message(now time.Time, topic, payload string, out *Output) error {
	a, err := parseTopic(topic)
	if err != nil {
		return err
	}
	if a.verb == "STATE" {
		return h.heard(now, a.host, payload, out)
	}
	if a.verb == "NCMD" || a.verb == "DCMD" {
		return nil // ours, or another host's
	}
	n := h.nodes[a.node]
	if n == nil {
		return ErrNotMine
	}
	if err := Decode(payload, &h.payload); err != nil {
		return err
	}
	p := &h.payload
	if a.verb == "NDEATH" {
		return h.nodeDeath(now, n, p, out)
	}
	if !p.HasSeq || p.Seq > 255 {
		return errors.New("no sequence number from 0 to 255")
	}
	if a.verb == "NBIRTH" {
		return h.nodeBirth(now, n, p, out)
	}
	return h.sequenced(now, n, a, p, out)
}

// heard takes a host's state. While we are connected ours is not offline: that
// was an earlier connection's will.
func (h *Host) heard(now time.Time, host, payload string, out *Output) error {
	online, err := readState(payload)
	if err != nil {
		return err
	}
	if host == h.id && !online && !h.state.since.IsZero() && now.Sub(h.state.said) >= statePause {
		h.state.said = now
		out.Commands = append(out.Commands, h.online())
	}
	return nil
}

// sequenced takes a message that the node's sequence counts.
func (h *Host) sequenced(now time.Time, n *node, a address, p *Payload, out *Output) error {
	if !n.born || n.doubt != "" {
		return h.take(now, now, n, a, p, out)
	}
	seq := uint8(p.Seq)
	switch {
	case seq == n.next:
		err := h.inOrder(now, now, n, a, p, out)
		return errors.Join(err, h.release(now, n, out))
	case n.next-1-seq < 128 && n.recent[seq] == p.Time.UnixMilli():
		return nil // the same message once more
	case slices.ContainsFunc(n.held, func(x held) bool { return x.payload.Seq == p.Seq && x.payload.Time.Equal(p.Time) }):
		return nil
	}
	keep := held{address: a, payload: *p, received: now}
	keep.payload.Metrics = slices.Clone(p.Metrics)
	n.held = append(n.held, keep)
	if n.gap.IsZero() {
		n.gap = now
	}
	if now.Sub(n.gap) >= h.reorder || len(n.held) > maxHeld {
		err := fmt.Errorf("message %d came where %d was to come", seq, n.next)
		return errors.Join(err, h.giveUp(now, n, "messages before it are missing", out))
	}
	return nil
}

func (h *Host) inOrder(now, received time.Time, n *node, a address, p *Payload, out *Output) error {
	n.next = uint8(p.Seq) + 1
	n.recent[uint8(p.Seq)] = p.Time.UnixMilli()
	return h.take(now, received, n, a, p, out)
}

// release takes the held messages whose turn has come.
func (h *Host) release(now time.Time, n *node, out *Output) error {
	var errs []error
	for again := true; again; {
		again = false
		for i := range n.held {
			if x := n.held[i]; uint8(x.payload.Seq) == n.next {
				n.held = slices.Delete(n.held, i, i+1)
				errs = append(errs, h.inOrder(now, x.received, n, x.address, &x.payload, out))
				again = true
				break
			}
		}
	}
	if len(n.held) == 0 {
		n.gap = time.Time{}
	}
	return errors.Join(errs...)
}

// giveUp stops waiting for what is missing: what was held is given out in its
// order, aliases are in doubt, and a rebirth is wanted.
func (h *Host) giveUp(now time.Time, n *node, why string, out *Output) error {
	n.wanted = true
	if !n.born {
		n.held, n.gap = nil, time.Time{}
		return nil
	}
	list := n.held
	n.held, n.gap, n.doubt = nil, time.Time{}, why
	slices.SortStableFunc(list, func(a, b held) int {
		return int(uint8(a.payload.Seq)-n.next) - int(uint8(b.payload.Seq)-n.next)
	})
	var errs []error
	for i := range list {
		errs = append(errs, h.take(now, list[i].received, n, list[i].address, &list[i].payload, out))
	}
	return errors.Join(errs...)
}

// Tick says what time alone makes: gaps that do not close, births that do not
// come, rebirths that are due.
func (h *Host) Tick(now time.Time, out *Output) {
	sent := 0
	for _, n := range h.order {
		if !n.gap.IsZero() && now.Sub(n.gap) >= h.reorder {
			_ = h.giveUp(now, n, "messages before it are missing", out) // each was read before it was held
		}
		if now.Sub(n.looked) >= time.Second {
			n.looked = now
			for _, d := range n.all() {
				if !d.due.IsZero() && !now.Before(d.due) {
					h.lose(now, n, d, "no birth came", out)
				}
			}
		}
		if !n.wanted || now.Before(n.after) || sent == rebirthsAtOnce || h.state.since.IsZero() {
			continue
		}
		sent++
		out.Commands = append(out.Commands, Command{Topic: Namespace + "/" + n.Group + "/NCMD/" + n.ID, Payload: rebirth(now)})
		n.after, n.pause = now.Add(n.pause), min(2*n.pause, rebirthPauseMax)
		if n.asked++; n.asked == unansweredBefore {
			out.Silent = append(out.Silent, n.Node)
		}
	}
}
