// Package book reads rule files: strict YAML to rules that are checked against
// the catalogue of kinds, with their conditions compiled, the site's overrides
// applied, and every error at once as file:line:column.
package book

import (
	"math"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/strict"
)

// Rule is one rule with its conditions compiled. It is shared by every asset
// it watches and does not change once built.
type Rule struct {
	ID          string // EL-01
	Fault       string // what its ticket is about; the ID unless rules share one
	Pack        string // the pack's name
	Place       string // file:line, for people
	Kind        string // "*": every kind
	Title       gateway.Text
	Why         gateway.Text
	FirstAction gateway.Text
	Source      string
	Needs       gateway.Text // a signal that no profile has yet, in words; the rule is then inactive

	Class      duty.Class
	Trade      string
	SuppressBy []string // rules on the same asset whose alarm, while active, suppresses this one by design
	Cause      bool     // its alarm takes the supply from what it feeds: consequences downstream fold into it
	Folds      bool     // its alarm may be a consequence of a cause upstream
	About      string   // "" or what the gateway itself raises: flood, chattering, stale, silent

	Inputs   []Input // what the conditions look at, by position
	Raise    Cond    // true for OnDelay: the condition holds
	Clear    Cond    // true for OffDelay: it holds no more; nil: Raise false
	Suppress Cond    // true: suppressed by design; nil: never
	Text     string  // the condition as written

	Defaults Settings // before the site's overrides

	at     strict.At         // of its id
	units  map[string]string // of Defaults.Numbers
	when   []part            // Text, cut where the numbers stand
	clear  []part
	silent *silence // how "for" is found where no number says it
}

// Settings are the numbers of a rule as they are in force for one asset.
type Settings struct {
	Enabled  bool
	Priority duty.Priority
	Latch    bool
	OnDelay  time.Duration
	OffDelay time.Duration
	Realarm  time.Duration      // acknowledged for so long and still active: unacknowledged again; 0: never
	Proof    time.Duration      // of its ticket; 0: by the class
	Numbers  map[string]float64 // parameters and limits by name; NaN: nobody set it, the rule waits for it; shared, not to be changed
}

// InputKind says where an input's number comes from.
type InputKind uint8

// The kinds of inputs.
const (
	InPoint    InputKind = iota // a point of the asset itself
	InNumber                    // a parameter or limit of the rule: Settings.Numbers
	InWindow                    // something over the past of a point or of another window
	InRelated                   // something over a point of related assets
	InFact                      // a fact of the asset, its unit or the site
	InAge                       // seconds since the asset, or one point of it, gave a good value
	InSchedule                  // 1 inside a schedule of the site's time, else 0
)

// Input is one name in a rule's conditions.
type Input struct {
	Name     string
	Kind     InputKind
	Point    string // InPoint, InWindow, InRelated; InAge: empty means any point
	Unit     string // of its number, for people
	Window   *Window
	Related  *Related
	Fact     *Fact
	Schedule *Schedule
}

// Take says what a window or a relation makes of its values.
type Take string

// What a window takes. Edges, Rises, Increase and Duration are known as soon
// as there is anything, as a lower bound, unless the window asks for Full.
const (
	TakeMean     Take = "mean" // weighted by time
	TakeMin      Take = "min"
	TakeMax      Take = "max"
	TakeSum      Take = "sum" // of the samples
	TakeCount    Take = "count"
	TakeStddev   Take = "stddev"
	TakeMedian   Take = "median"
	TakeEdges    Take = "edges"    // changes of value
	TakeRises    Take = "rises"    // from 0 to not 0
	TakeIncrease Take = "increase" // of a counter, roll-over included (history.Increase)
	TakeDuration Take = "duration" // seconds for which it was not 0
	TakeDelta    Take = "delta"    // last minus first
	TakeRate     Take = "rate"     // delta an hour
	TakeLast     Take = "last"     // of a period
)

// What a relation takes besides min, max, mean, sum and count.
const (
	TakeAny Take = "any" // true when one good value is not 0; false when all are good and 0
	TakeAll Take = "all" // true when all are good and not 0; false when one good value is 0
)

// Window is a view of the past, kept in at most 60 buckets however long it is.
type Window struct {
	Of    int      // position in Inputs of what it is over: InPoint, InSchedule or another InWindow
	Is    *float64 // count a value as 1 when it equals this and as 0 otherwise
	Take  Take
	Over  time.Duration // its length; 0 with Every
	Every time.Duration // calendar periods (1h, 24h) of the site's time: the value is of the last one that is over
	In    *Schedule     // only what falls within it counts
	Full  bool          // unknown until the whole length was seen
}

// Relation names assets by how they stand to the rule's own.
type Relation string

// The relations.
const (
	FedBy Relation = "fed_by" // what it is fed by, directly
	Feeds Relation = "feeds"  // what it feeds, directly
	Area  Relation = "area"   // in the same area
	Unit  Relation = "unit"   // in the same flat
	Whole Relation = "site"   // anywhere
)

// Related is a point of related assets, taken together. Without any such
// asset the input does not exist, as a point that the asset does not have.
type Related struct {
	Relation Relation
	Kind     string   // only of this kind; empty: any that has the point
	Is       *float64 // as of Window
	Take     Take
}

// Fact is something that only people know; one never set is 0, unless Need
// says that the rule is then inactive.
type Fact struct {
	Name string
	Of   Relation // Unit or Whole; empty: the asset
	Age  bool     // seconds since the Unix time that it holds, instead of the number
	Need bool
}

// Schedule is a part of the week in the site's time. Until before From goes
// over midnight and belongs to the day it began on.
type Schedule struct {
	From, Until time.Duration // since midnight
	Days        [7]bool       // by time.Weekday
}

// Tri is the truth of a condition whose inputs may be missing.
type Tri uint8

// The three truths. The zero value is unknown.
const (
	Unknown Tri = iota
	False
	True
)

func (t Tri) String() string { return [...]string{"unknown", "false", "true"}[t] }

// Cond is a condition over a rule's inputs, by Kleene's logic: "and" with a
// false side is false and "or" with a true side is true whatever the other is.
type Cond interface {
	// Eval judges the inputs by position; what is not good is NaN. It has no
	// state, does not allocate, may be called by several goroutines at once,
	// and a division by zero makes it unknown.
	Eval(in []float64) Tri
	// Possible reports whether it could ever be true when only the inputs for
	// which has reports true exist.
	Possible(has func(input int) bool) bool
	// Uses lists the positions it looks at.
	Uses() []int
}

// Missing is what an input is while it is not good.
func Missing() float64 { return math.NaN() }

// Book is every rule of a site with its overrides.
type Book struct {
	Rules     []Rule // sorted by ID
	Overrides []Override
	Service   Service
	Plans     []Plan
}

// Override changes settings of one rule on some assets. Empty lists mean all.
type Override struct {
	Rule   string
	Kinds  []string
	Areas  []string // and what lies below them
	Assets []gateway.AssetID
	Apply  func(*Settings)
	Place  string
}

// Traps reports whether a rule tells of a trapped person, by itself or as a
// level of one that does.
func (s *Service) Traps(rule string) bool {
	row, _, _ := strings.Cut(rule, ".")
	return slices.Contains(s.Trapped, rule) || slices.Contains(s.Trapped, row)
}

// Service is what the company promises. Zero durations mean no promise.
type Service struct {
	Respond    map[duty.Priority]time.Duration
	Entrapment time.Duration // for the alarms of Trapped
	Trapped    []string      // rules, each with its levels (EL-01.button of EL-01), that tell of a trapped person
	Repair     time.Duration // simple
	Plan       time.Duration // complex
	Warn       float64       // share of a promise's time left when the warning comes, e.g. 0.25
	Proof      map[duty.Class]time.Duration
	Recurrence time.Duration // a fault that comes back so soon after closing is marked
	Pausing    []duty.WaitReason
}

// Plan is maintenance that comes round by calendar, by a counter, or because
// an alarm asks for it (rain).
type Plan struct {
	ID      string
	Title   gateway.Text
	Kind    string
	Assets  []gateway.AssetID // empty: all of the kind
	Every   time.Duration     // by calendar
	Months  int               // by calendar, instead of Every
	Counter string            // by a point that counts
	By      float64           // so much of it, in the point's unit
	OnFault string            // when an alarm of this fault is raised: a round of the vacant units
	Warn    time.Duration     // the ticket opens so long before it is due
	Fact    string            // set to the time of the work when the ticket is closed
	Trade   string
	Within  []string // plans whose work contains this one's: done with it, and no ticket of its own when both are due
	Points  []string // out of service while it is in progress; empty: all
	Detail  gateway.Text
	Place   string
}
