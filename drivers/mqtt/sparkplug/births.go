package sparkplug

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// bdSeqMetric tells connections of a node apart.
const bdSeqMetric = "bdSeq"

// bdSeq finds the number of the node's connection in a birth or a death.
func bdSeq(p *Payload) (uint64, bool) {
	for i := range p.Metrics {
		if m := &p.Metrics[i]; m.Name == bdSeqMetric && !m.Null && (m.form == formInt || m.form == formLong) {
			return m.bits, true
		}
	}
	return 0, false
}

// nodeBirth begins the node anew.
func (h *Host) nodeBirth(now time.Time, n *node, p *Payload, out *Output) error {
	bd, ok := bdSeq(p)
	if n.born && n.doubt == "" && ok == n.hasBdSeq && bd == n.bdSeq && !p.Time.IsZero() && p.Time.Equal(n.birth) {
		return nil // the same message once more
	}
	for _, d := range n.devices {
		if d.born {
			d.due = now.Add(birthPatience)
		}
		d.born, d.aliases, d.types = false, nil, nil
	}
	n.born, n.bdSeq, n.hasBdSeq, n.birth = true, bd, ok, p.Time
	n.next, n.recent = uint8(p.Seq)+1, [256]int64{}
	n.recent[uint8(p.Seq)] = p.Time.UnixMilli()
	n.doubt, n.held, n.gap = "", nil, time.Time{}
	n.wanted, n.asked, n.pause = false, 0, rebirthPause
	n.own.learn(p)
	h.give(now, n, &n.own, p, out)
	if !ok {
		return errors.New("a node's birth without bdSeq")
	}
	return nil
}

// nodeDeath loses the node and its devices, if it is the present birth's.
func (h *Host) nodeDeath(now time.Time, n *node, p *Payload, out *Output) error {
	bd, ok := bdSeq(p)
	switch {
	case !ok && n.hasBdSeq:
		return errors.New("a node's death without bdSeq")
	case !n.born, n.hasBdSeq && bd != n.bdSeq:
		return nil // an earlier connection's
	}
	err := h.giveUp(now, n, "the node died before what is missing came", out)
	n.born, n.doubt, n.wanted = false, "", false // its next birth comes by itself
	for _, d := range n.all() {
		h.lose(now, n, d, "the node's death", out)
	}
	return err
}

// lose gives out that a device is lost, once.
func (h *Host) lose(now time.Time, n *node, d *device, why string, out *Output) {
	d.born, d.due, d.aliases, d.types = false, time.Time{}, nil, nil
	if d.lost {
		return
	}
	d.lost = true
	out.Updates = append(out.Updates, Update{Node: n.Node, Device: d.name, Lost: why, Time: now, Received: now})
}

// take uses a message whose turn it is.
func (h *Host) take(now, received time.Time, n *node, a address, p *Payload, out *Output) error {
	d := &n.own
	if a.device != "" {
		if d = n.devices[a.device]; d == nil {
			if len(n.devices) == maxDevices {
				return fmt.Errorf("more than %d devices behind one node", maxDevices)
			}
			d = &device{name: strings.Clone(a.device)}
			n.devices[d.name] = d
		}
	}
	switch a.verb {
	case "DDEATH":
		h.lose(now, n, d, "the device's death", out)
	case "DBIRTH":
		if !n.born {
			n.wanted = true // its values name themselves, and count
		}
		d.learn(p)
		h.give(received, n, d, p, out)
	default:
		if !n.born || (a.device != "" && !d.born) {
			n.wanted = true
			return ErrNoBirth
		}
		return h.give(received, n, d, p, out)
	}
	return nil
}

// learn keeps what a birth says of the device's metrics.
func (d *device) learn(p *Payload) {
	d.born, d.lost, d.due = true, false, time.Time{}
	d.aliases, d.types = make(map[uint64]def, len(p.Metrics)), make(map[string]DataType, len(p.Metrics))
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if m.Name == "" {
			continue
		}
		name := strings.Clone(m.Name) // it outlives the payload
		d.types[name] = m.Type
		if m.HasAlias {
			d.aliases[m.Alias] = def{name: name, dt: m.Type}
		}
	}
}

// give gives out the metrics of a payload: the live ones as one update, the
// historical ones by their times.
func (h *Host) give(received time.Time, n *node, d *device, p *Payload, out *Output) error {
	d.due = time.Time{}
	start, unknown := len(out.values), 0
	var newest time.Time
	history := false
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if m.Historical {
			history = true
			continue
		}
		v, ok := n.read(d, m)
		if !ok {
			unknown++
			continue
		}
		if m.Time.After(newest) {
			newest = m.Time
		}
		out.values = append(out.values, v)
	}
	if len(out.values) > start {
		if newest.IsZero() || newest.Before(d.newest) {
			newest = p.Time
		}
		if newest.After(d.newest) {
			d.newest = newest
		}
		out.Updates = append(out.Updates, Update{Node: n.Node, Device: d.name, Time: newest, Received: received, Values: out.since(start)})
	}
	if history {
		unknown += h.history(received, n, d, p, out)
	}
	if unknown > 0 {
		n.wanted = true
		return fmt.Errorf("%d metrics have no name, and an alias that no birth gave", unknown)
	}
	return nil
}

// history gives out historical metrics, neighbours of one time together.
func (h *Host) history(received time.Time, n *node, d *device, p *Payload, out *Output) (unknown int) {
	for i := 0; i < len(p.Metrics); {
		at, start := p.Metrics[i].Time, len(out.values)
		for ; i < len(p.Metrics) && (!p.Metrics[i].Historical || p.Metrics[i].Time.Equal(at)); i++ {
			if !p.Metrics[i].Historical {
				continue
			}
			if v, ok := n.read(d, &p.Metrics[i]); ok {
				out.values = append(out.values, v)
			} else {
				unknown++
			}
		}
		if len(out.values) > start {
			out.Updates = append(out.Updates, Update{
				Node: n.Node, Device: d.name, Time: at, Received: received, Historical: true, Values: out.since(start),
			})
		}
	}
	return unknown
}

func (o *Output) since(start int) []Value { return o.values[start:len(o.values):len(o.values)] }

// read finds a metric's name and datatype, and reads its value.
func (n *node) read(d *device, m *Metric) (Value, bool) {
	if m.Name != "" {
		return m.value(m.Name, d.types[m.Name]), true
	}
	x, ok := d.aliases[m.Alias]
	if !ok || !m.HasAlias {
		return Value{}, false
	}
	v := m.value(x.name, x.dt)
	v.Doubt = n.doubt
	return v, true
}
