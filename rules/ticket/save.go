package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"steward/gateway"
)

// saver gives one part of the state as it is now; nil: it is gone.
type saver func() any

// deskState is what belongs to no single ticket.
type deskState struct {
	Last int       `json:"last"`          // number of the newest ticket
	Hour time.Time `json:"hour,omitzero"` // next look at the plans
}

// goneState is a closed ticket with the fault it was of.
type goneState struct {
	Asset gateway.AssetID `json:"asset"`
	Fault string          `json:"fault"`
	ID    string          `json:"id"`
	At    time.Time       `json:"at"`
}

// Save gives every part of the state that changed since it was last called,
// in the order of their keys; a part without a body is to be deleted. A part
// that JSON cannot hold stays as it was last saved, and unsaved.
func (d *Desk) Save(put func(key string, body []byte)) {
	for _, k := range sortedKeys(d.unsaved) {
		part := d.unsaved[k]()
		if part == nil {
			put(k, nil)
		} else if body, err := json.Marshal(part); err != nil {
			continue
		} else {
			put(k, body)
		}
		delete(d.unsaved, k)
	}
}

func (d *Desk) saveDesk() any { return deskState{Last: d.last, Hour: d.hour} }

func (d *Desk) saveJob(j *job) any {
	if d.jobs[j.T.ID] != j {
		return nil
	}
	return j
}

func (d *Desk) saveGone(k key) any {
	c, ok := d.gone[k]
	if !ok {
		return nil
	}
	return goneState{Asset: k.asset, Fault: k.fault, ID: c.ID, At: c.At}
}

// Restore takes a part that Save gave, before the first step. Parts of plans
// or assets that there are no more are passed over.
func (d *Desk) Restore(key string, body []byte) error {
	if !d.first {
		return errors.New("ticket: restore " + key + ": the desk has begun its work")
	}
	part, _, _ := strings.Cut(key, "/")
	restore, ok := map[string]func([]byte) error{
		"desk": d.restoreDesk, "ticket": d.restoreJob, "gone": d.restoreGone, "turn": d.restoreTurn,
	}[part]
	if !ok {
		return fmt.Errorf("ticket: restore %q: unknown part", key)
	}
	if err := restore(body); err != nil {
		return fmt.Errorf("ticket: restore %q: %w", key, err)
	}
	return nil
}

func (d *Desk) restoreDesk(body []byte) error {
	var s deskState
	if err := json.Unmarshal(body, &s); err != nil {
		return err
	}
	d.last, d.hour = s.Last, s.Hour
	return nil
}

func (d *Desk) restoreJob(body []byte) error {
	j := &job{}
	if err := json.Unmarshal(body, j); err != nil {
		return err
	}
	if j.T.ID == "" || j.T.State.Over() || d.jobs[j.T.ID] != nil {
		return fmt.Errorf("%q in state %q is not a ticket that can go on", j.T.ID, j.T.State)
	}
	d.seat(j)
	d.schedule(j)
	return nil
}

func (d *Desk) restoreGone(body []byte) error {
	var s goneState
	if err := json.Unmarshal(body, &s); err != nil {
		return err
	}
	k := key{s.Asset, s.Fault}
	d.remember(k, &closed{ID: s.ID, At: s.At})
	delete(d.unsaved, goneName(k))
	return nil
}

func (d *Desk) restoreTurn(body []byte) error {
	var s turn
	if err := json.Unmarshal(body, &s); err != nil {
		return err
	}
	t, ok := d.turns[turnKey{s.Plan, s.Asset}]
	if !ok {
		return nil
	}
	t.Seen, t.Last, t.Opens, t.Counted, t.Count, t.Used = s.Seen, s.Last, s.Opens, s.Counted, s.Count, s.Used
	return nil
}
