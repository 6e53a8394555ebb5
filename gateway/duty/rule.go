package duty

import (
	"time"

	"steward/gateway"
)

// Rule describes a rule for people.
type Rule struct {
	ID          string            `json:"id"`
	Fault       string            `json:"fault"`
	Kind        string            `json:"kind"` // "*": every
	Pack        string            `json:"pack"` // the shipped pack, or the site's file
	Title       gateway.Text      `json:"title"`
	Why         gateway.Text      `json:"why"`
	FirstAction gateway.Text      `json:"first_action"`
	Source      string            `json:"source,omitempty"`
	Condition   string            `json:"condition"` // as written, with the numbers in force
	Priority    Priority          `json:"priority"`
	Latch       bool              `json:"latch,omitempty"`
	Class       Class             `json:"class"`
	Trade       string            `json:"trade,omitempty"`
	OnDelay     time.Duration     `json:"on_delay"`       // ns
	OffDelay    time.Duration     `json:"off_delay"`      // ns
	Needs       gateway.Text      `json:"needs,omitzero"` // a signal that no profile has yet, in words
	Assets      []gateway.AssetID `json:"assets"`         // it watches these
	Inactive    []Inactive        `json:"inactive,omitempty"`
}

// Inactive is an asset of the rule's kind that the rule cannot watch, and why:
// a point that the asset does not have, a number that nobody set, switched off.
type Inactive struct {
	Asset gateway.AssetID `json:"asset"`
	Why   gateway.Text    `json:"why"`
}

// Explanation says why a rule is or is not alarming on an asset now.
type Explanation struct {
	Rule
	Asset    gateway.AssetID    `json:"asset"`
	Watching bool               `json:"watching"` // false: Verdict says why not
	Truth    string             `json:"truth"`    // of the condition before delays: true, false or unknown
	Verdict  gateway.Text       `json:"verdict"`  // one sentence
	State    AlarmState         `json:"state"`
	Alarm    string             `json:"alarm,omitempty"`
	Since    time.Time          `json:"since,omitzero"` // of that truth
	Due      time.Time          `json:"due,omitzero"`   // when the running delay ends
	Present  []Input            `json:"present"`
	Numbers  map[string]float64 `json:"numbers,omitempty"` // limits and parameters in force
}
