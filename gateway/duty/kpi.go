package duty

import (
	"time"

	"steward/gateway"
)

// KPI is how alarms and service went over [From, To), by ISA-18.2 and by what
// the company promises. Every figure carries the IDs it is made of.
type KPI struct {
	Site    string    `json:"site"`
	From    time.Time `json:"from"` // as asked, but not before the site's first commit
	To      time.Time `json:"to"`   // as asked, but not after now
	Alarms  []Figure  `json:"alarms"`
	Service []Figure  `json:"service"`
	Top     []Share   `json:"top"`   // the ten conditions (asset and rule) that alarmed most
	Rules   []Share   `json:"rules"` // the ten rules that alarmed most
}

// Figure is one number with what it is held against.
type Figure struct {
	Name   string       `json:"name"` // stable: alarms_per_day, respond_in_time …
	Title  gateway.Text `json:"title"`
	Unit   string       `json:"unit,omitempty"` // %, s, 1/d, 1/h, 1/10min; empty: a count
	Value  *float64     `json:"value"`          // nil: there was nothing to make it of
	Count  int          `json:"count"`          // what was counted, above the line of a share
	Of     int          `json:"of,omitempty"`   // below the line of a share or a mean
	Target *Target      `json:"target,omitempty"`
	Grade  Grade        `json:"grade,omitempty"` // empty: without target or value
	Kind   IDKind       `json:"kind"`            // what IDs are of
	IDs    []string     `json:"ids"`             // behind it, those that speak against it first; at most MaxIDs
	Total  int          `json:"total"`           // how many there are, also beyond MaxIDs
}

// MaxIDs is how many IDs a figure carries.
const MaxIDs = 1000

// IDKind says what the IDs of a figure are of.
type IDKind string

// The kinds of IDs.
const (
	OfAlarms  IDKind = "alarm"
	OfTickets IDKind = "ticket"
)

// Target is what a figure is held against (FACTS C.3, or a promise).
type Target struct {
	Acceptable float64  `json:"acceptable"`           // very likely acceptable
	Manageable *float64 `json:"manageable,omitempty"` // at the most; nil: the source names none
	AtLeast    bool     `json:"at_least,omitempty"`   // more is better; else less is
	Strict     bool     `json:"strict,omitempty"`     // the limit itself is missed: "< 1 %"
	Source     string   `json:"source,omitempty"`
}

// Grade is how a figure stands to its target.
type Grade string

// The grades.
const (
	GradeAcceptable Grade = "acceptable"
	GradeManageable Grade = "manageable"
	GradeBeyond     Grade = "beyond"
)

// Grade says how a value stands to the target.
func (t *Target) Grade(value float64) Grade {
	meets := func(limit float64) bool {
		switch {
		case value == limit:
			return !t.Strict
		case t.AtLeast:
			return value > limit
		}
		return value < limit
	}
	switch {
	case meets(t.Acceptable):
		return GradeAcceptable
	case t.Manageable != nil && meets(*t.Manageable):
		return GradeManageable
	}
	return GradeBeyond
}

// Share is what one rule, on one asset or on all, gave of all alarms.
type Share struct {
	Rule  string          `json:"rule"`
	Asset gateway.AssetID `json:"asset,omitempty"` // empty: on all
	Count int             `json:"count"`
	Share float64         `json:"share"` // %
	IDs   []string        `json:"ids"`   // alarms, at most MaxIDs
	Total int             `json:"total"`
}
