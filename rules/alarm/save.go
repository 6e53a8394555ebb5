package alarm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// version is that of the saved parts.
const version = 1

// The parts: one meta, one an entry (alarm/ASSET/RULE), one an outage
// (outage/ASSET/TICKET).
const (
	metaPart     = "meta"
	entryPrefix  = "alarm/"
	outagePrefix = "outage/"
)

type outageKey struct {
	asset  gateway.AssetID
	ticket string
}

// unsaved is what changed since the last Save.
type unsaved struct {
	meta    bool
	entries []*entry
	outages map[outageKey]struct{}
	stored  map[string]struct{} // the parts that the store has
}

func newUnsaved() unsaved {
	return unsaved{outages: make(map[outageKey]struct{}), stored: make(map[string]struct{})}
}

type savedMeta struct {
	V         int                           `json:"v"`
	Now       time.Time                     `json:"now"`
	ID        uint64                        `json:"id"`
	Seq       uint64                        `json:"seq"`
	Announced []time.Time                   `json:"announced,omitempty"`
	Flooding  bool                          `json:"flooding,omitempty"`
	Recovers  map[gateway.AssetID]time.Time `json:"recovers,omitempty"`
}

type savedEntry struct {
	V       int         `json:"v"`
	Spec    Spec        `json:"spec"`
	About   duty.Mark   `json:"about,omitempty"`
	Alarm   *duty.Alarm `json:"alarm,omitempty"`
	AckBy   string      `json:"ack_by,omitempty"`
	Holds   []hold      `json:"holds,omitempty"`
	Recent  []time.Time `json:"recent,omitempty"`
	Chatter time.Time   `json:"chatter,omitzero"`
	Clears  time.Time   `json:"clears,omitzero"`
}

type savedOutage struct {
	V      int       `json:"v"`
	Points []string  `json:"points,omitempty"`
	Until  time.Time `json:"until"`
}

// Save gives the parts that changed since the last Save, in order of their
// keys; a nil body deletes one. Transitions are no part of it: Take them
// first, and commit both together.
func (t *Table) Save(put func(key string, body []byte)) {
	out := make(map[string][]byte)
	for _, e := range t.unsaved.entries {
		e.dirty = false
		key := entryPrefix + string(e.key.Asset) + "/" + e.key.Rule
		if e = t.entries[e.key]; e == nil {
			out[key] = nil
			continue
		}
		out[key] = encode(savedEntry{version, e.spec, e.about, e.alarm, e.ackBy, e.holds, e.recent, e.chatter, e.clears})
	}
	for k := range t.unsaved.outages {
		key := outagePrefix + string(k.asset) + "/" + k.ticket
		out[key] = nil
		list := t.outages[k.asset]
		if i, is := slices.BinarySearchFunc(list, k.ticket, findOutage); is {
			out[key] = encode(savedOutage{version, list[i].Points, list[i].Until})
		}
	}
	if t.unsaved.meta {
		for asset, until := range t.recovers {
			if !until.Add(t.o.HearWait).After(t.now) {
				delete(t.recovers, asset)
			}
		}
		out[metaPart] = encode(savedMeta{version, t.now, t.lastID, t.seq, t.announced, t.flooding, t.recovers})
	}
	t.unsaved.meta = false
	t.unsaved.entries = t.unsaved.entries[:0]
	clear(t.unsaved.outages)
	keys := make([]string, 0, len(out))
	for key := range out {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		_, stored := t.unsaved.stored[key]
		if body := out[key]; body != nil {
			t.unsaved.stored[key] = struct{}{}
			put(key, body)
		} else if stored {
			delete(t.unsaved.stored, key)
			put(key, nil)
		}
	}
}

// encode writes a part; nothing in one can fail to be written.
func encode(part any) []byte {
	body, err := json.Marshal(part)
	if err != nil {
		return []byte("null")
	}
	return body
}

// Restore takes back one part that Save gave, into a table that was not used
// yet; the order of parts does not matter. An error leaves the part out.
func (t *Table) Restore(key string, body []byte) error {
	var err error
	switch {
	case key == metaPart:
		err = t.restoreMeta(body)
	case strings.HasPrefix(key, entryPrefix):
		err = t.restoreEntry(strings.TrimPrefix(key, entryPrefix), body)
	case strings.HasPrefix(key, outagePrefix):
		err = t.restoreOutage(strings.TrimPrefix(key, outagePrefix), body)
	default:
		err = errors.New("no such part")
	}
	if err != nil {
		return fmt.Errorf("alarm state %q: %w", key, err)
	}
	t.unsaved.stored[key] = struct{}{}
	t.restored = true
	return nil
}

// reconcile looks once, after a restore, whether what holds each alarm is
// still there: a part may have been refused, the site may be wired anew, and
// nothing may stay silent for a reason that is gone.
func (t *Table) reconcile(at time.Time) {
	all := make([]*entry, 0, len(t.byID))
	for _, e := range t.byID {
		all = append(all, e)
	}
	sortEntries(all)
	for _, e := range all {
		for _, h := range slices.Clone(e.holds) {
			list := t.outages[e.key.Asset]
			if _, is := slices.BinarySearchFunc(list, h.Name, findOutage); h.Kind == byOutage && !is {
				t.release(at, e, duty.EventRestore, byOutage, h.Name, "", say("维修已不存在", "that maintenance is unknown"))
			}
		}
		for _, look := range []func(time.Time, *entry){t.reoutage, t.refold, t.reblock} {
			if e.alarm != nil {
				look(at, e)
			}
		}
		t.settle(at)
	}
}

// decode reads a part strictly.
func decode(body []byte, v *int, part any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(part); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows it")
	}
	if *v != version {
		return fmt.Errorf("version %d: want %d", *v, version)
	}
	return nil
}

func (t *Table) restoreMeta(body []byte) error {
	var m savedMeta
	if err := decode(body, &m.V, &m); err != nil {
		return err
	}
	for i, at := range m.Announced {
		if i > 0 && at.Before(m.Announced[i-1]) {
			return errors.New("announcements out of order")
		}
	}
	t.now, t.seq, t.announced, t.flooding = plainTime(m.Now), m.Seq, m.Announced, m.Flooding
	t.lastID = max(t.lastID, m.ID)
	for asset, until := range m.Recovers {
		t.recovers[asset] = until
	}
	if due, on := t.floodEnd(); on {
		t.timers.set(&t.flood, due)
	}
	return nil
}

func (t *Table) restoreOutage(rest string, body []byte) error {
	asset, ticket, ok := strings.Cut(rest, "/")
	if !ok || asset == "" {
		return errors.New("no asset and ticket in the key")
	}
	var s savedOutage
	if err := decode(body, &s.V, &s); err != nil {
		return err
	}
	if s.Until.IsZero() {
		return errors.New("an outage without an end")
	}
	list := t.outages[gateway.AssetID(asset)]
	i, is := slices.BinarySearchFunc(list, ticket, findOutage)
	if is {
		return errors.New("twice")
	}
	o := &outage{Outage: duty.Outage{Asset: gateway.AssetID(asset), Points: s.Points, Ticket: ticket, Until: s.Until},
		timer: timer{pos: -1, rank: rankOutage}}
	o.timer.outage = o
	t.outages[o.Asset] = slices.Insert(list, i, o)
	t.timers.set(&o.timer, o.Until)
	return nil
}

func (t *Table) restoreEntry(rest string, body []byte) error {
	asset, rule, ok := strings.Cut(rest, "/")
	if !ok || asset == "" || rule == "" {
		return errors.New("no asset and rule in the key")
	}
	key := duty.AlarmKey{Asset: gateway.AssetID(asset), Rule: rule}
	var s savedEntry
	if err := decode(body, &s.V, &s); err != nil {
		return err
	}
	if err := s.check(key); err != nil {
		return err
	}
	if t.entries[key] != nil {
		return errors.New("twice")
	}
	number := uint64(0)
	if a := s.Alarm; a != nil {
		var err error
		if number, err = strconv.ParseUint(strings.TrimPrefix(a.ID, "A"), 10, 64); err != nil || a.ID != alarmID(number) {
			return fmt.Errorf("%q is no alarm's ID", a.ID)
		}
		if t.byID[a.ID] != nil {
			return fmt.Errorf("%s is there already", a.ID)
		}
	}
	e := t.entry(key)
	s.Spec.Key = key
	e.spec, e.about, e.alarm, e.ackBy = s.Spec, s.About, s.Alarm, s.AckBy
	e.recent, e.chatter, e.clears = s.Recent, s.Chatter, s.Clears
	e.holds = s.Holds
	if h, is := e.held(byCause, ""); is {
		t.folds(h.Name)[key] = e
	}
	if e.alarm != nil {
		t.lastID = max(t.lastID, number)
		t.byID[e.alarm.ID] = e
		if e.spec.Cause && e.annunciated() && e.alarm.Active {
			e.causeID = e.alarm.ID
			t.causes++
			t.supply.causes(key.Asset, 1)
		}
	}
	t.schedule(e)
	return nil
}

// check reports what cannot be of a saved entry.
func (s *savedEntry) check(key duty.AlarmKey) error {
	for i, h := range s.Holds {
		switch {
		case h.Kind == 0 || h.Kind >= kinds:
			return fmt.Errorf("unknown hold %d", h.Kind)
		case i > 0 && (s.Holds[i-1].compare(h) >= 0 || h.same(s.Holds[i-1])):
			return errors.New("holds out of order")
		case h.Until.IsZero() != (h.Kind == byLogic || h.Kind == byRule || h.Kind == byCause):
			return errors.New("a hold's expiry is wrong")
		case s.Alarm == nil && h.Kind != byLogic:
			return errors.New("a hold without an alarm")
		}
	}
	a := s.Alarm
	if !s.Clears.IsZero() && (a == nil || !a.Active) {
		return errors.New("a clear held back of what is not active")
	}
	if a == nil {
		return nil
	}
	if a.AlarmKey != key {
		return fmt.Errorf("it is of %s on %s", a.Rule, a.Asset)
	}
	can := false
	switch a.State {
	case duty.Unacknowledged, duty.Acknowledged:
		can = a.Active && len(s.Holds) == 0
	case duty.Returned, duty.Latched:
		can = !a.Active && len(s.Holds) == 0
	case duty.Shelved, duty.Suppressed, duty.OutOfService:
		can = cover(s.Holds) == a.State
	}
	if !can {
		return fmt.Errorf("state %q does not fit what holds it", a.State)
	}
	return nil
}
