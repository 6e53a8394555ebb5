package dashboard

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/journal"
	"steward/gateway/live"
	"steward/gateway/store"
)

// The types that go over the wire. A list is never null.

// Error is every answer that is not a success.
type Error struct {
	Error ErrorBody `json:"error"`
}

// ErrorBody has a code for programs and a message for people.
type ErrorBody struct {
	Code    string        `json:"code"`
	Message string        `json:"message"`        // in English
	Text    *gateway.Text `json:"text,omitempty"` // in both languages, where an action is refused
}

// Credentials ask for a session.
type Credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// Session says who is signed in.
type Session struct {
	User string `json:"user"`
}

// Ready says whether the gateway does its work, and what does not.
type Ready struct {
	Ready    bool     `json:"ready"`
	Problems []string `json:"problems"`
}

// Site is the site without its assets.
type Site struct {
	ID       string         `json:"id"`
	Name     gateway.Text   `json:"name"`
	Timezone string         `json:"timezone"` // IANA name
	Language string         `json:"language"` // zh or en
	Areas    []gateway.Area `json:"areas"`
	Units    []gateway.Unit `json:"units"`   // flats
	Version  string         `json:"version"` // of the program
}

// Value is the last that is known of a point.
type Value struct {
	Number   *float64        `json:"number"` // null where the quality has none
	Quality  gateway.Quality `json:"quality"`
	Reason   string          `json:"reason,omitempty"` // as its driver wrote it
	Say      gateway.Text    `json:"say,omitzero"`     // the reason for people
	Time     time.Time       `json:"time,omitzero"`    // absent when never seen
	Received time.Time       `json:"received,omitzero"`
}

// Asset is an asset with its last values, by point.
type Asset struct {
	gateway.Asset
	Values map[string]Value `json:"values"`
}

// Assets is every asset.
type Assets struct {
	Assets []Asset `json:"assets"`
}

// Description is the first event of a live stream.
type Description struct {
	Site   Site            `json:"site"`
	Assets []gateway.Asset `json:"assets"`
	Docs   Docs            `json:"docs,omitempty"` // of the kinds of Assets
}

// Docs say in a line what points mean where their titles do not say all: by
// kind, then by point.
type Docs map[string]map[string]gateway.Text

// Batch is a snapshot or a change of a live stream. A row is [asset, point,
// number or null, quality, time in Unix ms] and the reason where there is
// one, and that in Chinese where it reads otherwise; asset and point index the
// description.
type Batch struct {
	Position uint64  `json:"position"`
	Now      int64   `json:"now"` // Unix ms
	Values   [][]any `json:"values"`
}

// Changes is an event of a live stream: alarms and tickets as they are now.
// Reload says that more has changed than is told here: ask for the lists anew.
type Changes struct {
	Reload  bool          `json:"reload,omitempty"`
	Alarms  []duty.Alarm  `json:"alarms"`
	Tickets []duty.Ticket `json:"tickets"`
}

// Alarms is a page of alarms, the newest first; the next begins after its last ID.
type Alarms struct {
	Alarms []duty.Alarm `json:"alarms"`
}

// AlarmDetail is an alarm with its life so far, the newest 500 steps.
type AlarmDetail struct {
	Alarm       duty.Alarm        `json:"alarm"`
	Transitions []duty.Transition `json:"transitions"`
}

// Transitions is a page of steps of alarms.
type Transitions struct {
	Transitions []duty.Transition `json:"transitions"`
}

// Tickets is a page of tickets, the newest first; the next begins after its last ID.
type Tickets struct {
	Tickets []duty.Ticket `json:"tickets"`
}

// TicketDetail is a ticket with its timeline.
type TicketDetail struct {
	Ticket   duty.Ticket        `json:"ticket"`
	Timeline []duty.TicketEvent `json:"timeline"`
}

// TicketAction is what a person does with a ticket.
type TicketAction struct {
	Do     duty.Verb       `json:"do"`               // accept, assign, start, wait, resume, plan, classify, done, close, reopen, cancel, note
	Note   string          `json:"note,omitempty"`   // of wait, plan, done and note
	Reason string          `json:"reason,omitempty"` // of classify, close, reopen and cancel
	To     string          `json:"to,omitempty"`     // of assign
	Until  time.Time       `json:"until,omitzero"`   // of plan: when the work will be done
	Waits  duty.WaitReason `json:"waits,omitempty"`  // of wait: parts, access or contractor
	Class  duty.Class      `json:"class,omitempty"`  // of classify: simple or complex
}

// FactSet is something that only people know.
type FactSet struct {
	Name   string          `json:"name"` // vacant, visit, test_window …
	Asset  gateway.AssetID `json:"asset,omitempty"`
	Unit   string          `json:"unit,omitempty"`
	Number float64         `json:"number"`         // 0 or 1, or a Unix time in seconds
	Until  time.Time       `json:"until,omitzero"` // it is 0 again then; absent: it stays
	Drop   bool            `json:"drop,omitempty"` // take it back, whatever the number: it is as if nobody had told it, which 0 is not where a rule needs it told
}

// Facts is every fact in force.
type Facts struct {
	Facts []duty.Fact `json:"facts"`
}

// Rules is every rule and what it watches.
type Rules struct {
	Rules []duty.Rule `json:"rules"`
}

// Explanations are the rules of one asset, and why each is or is not alarming.
type Explanations struct {
	Rules []duty.Explanation `json:"rules"`
}

// AuditLog is a page of what people did.
type AuditLog struct {
	Rows []store.AuditRow `json:"rows"`
}

// JournalBooks is what became of the journal's entries, hour by hour.
type JournalBooks struct {
	Hours []journal.AuditHour `json:"hours"`
}

// Happenings are the newest changes of state, newest first.
type Happenings struct {
	Changes []Happened `json:"changes"`
}

// Happened is one of them: of quality, of a bool or an enum, of a code of
// trouble. More counts the asset's further points that went the same way.
type Happened struct {
	Asset gateway.AssetID `json:"asset"`
	Point string          `json:"point"`
	At    int64           `json:"at"` // Unix ms
	Old   State           `json:"old"`
	New   State           `json:"new"`
	More  int             `json:"more,omitempty"`
}

// State is what a point said.
type State struct {
	Number  *float64        `json:"number"` // null where the quality has none
	Quality gateway.Quality `json:"quality"`
}

func stateOf(v gateway.Value) State {
	if !v.Quality.HasNumber() {
		return State{Quality: v.Quality}
	}
	return State{Number: &v.Number, Quality: v.Quality}
}

// Beat says that the stream lives.
type Beat struct {
	Now int64 `json:"now"` // Unix ms
}

// History is what a chart draws.
type History struct {
	Asset  gateway.AssetID `json:"asset"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	StepMS int64           `json:"step_ms"` // 0: raw samples
	Agg    string          `json:"agg"`
	Series []Series        `json:"series"`
}

// Series is one point's samples. Low and High are the least and the greatest
// of each, in the same order, where agg is envelope.
type Series struct {
	Point   string  `json:"point"`
	Unit    string  `json:"unit"`
	Samples Samples `json:"samples"`
	Low     Numbers `json:"low,omitempty"`
	High    Numbers `json:"high,omitempty"`
}

// Numbers are numbers, null where there is none.
type Numbers []float64

// MarshalJSON writes them.
func (n Numbers) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+len(n)*12)
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, n[i])
	}
	return append(b, ']'), nil
}

// Samples are rows of [Unix ms, number or null] with the quality behind them
// when it is not good.
type Samples []gateway.Sample

// MarshalJSON writes the rows.
func (s Samples) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+len(s)*32)
	b = append(b, '[')
	for i := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), s[i].Time.UnixMilli(), 10)
		b = append(b, ',')
		b = appendNumber(b, s[i].Number)
		if q := s[i].Quality; q != gateway.QualityGood {
			b = append(b, ',', '"')
			b = append(append(b, q.String()...), '"')
		}
		b = append(b, ']')
	}
	return append(b, ']'), nil
}

// appendNumber writes the shortest JSON number that reads back as n, or null.
func appendNumber(b []byte, n float64) []byte {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return append(b, "null"...)
	}
	if abs := math.Abs(n); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(b, n, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, n, 'f', -1, 64)
}

// Consumption is what counters of an asset rose by in each period.
type Consumption struct {
	Asset  gateway.AssetID `json:"asset"`
	From   time.Time       `json:"from"` // beginning of the first period
	To     time.Time       `json:"to"`   // end of the last
	Every  string          `json:"every"`
	Series []Consumed      `json:"series"`
}

// Consumed is one counter's.
type Consumed struct {
	Point   string   `json:"point"`
	Unit    string   `json:"unit"`
	Total   float64  `json:"total"`
	Periods []Period `json:"periods"`
}

// Period is an hour, a day, a week or a month of the site's time.
type Period struct {
	Start     time.Time `json:"start"`
	Amount    *float64  `json:"amount"`              // null: nothing is known of it
	Estimated bool      `json:"estimated,omitempty"` // shared out by time over a gap in the data
	Reset     bool      `json:"reset,omitempty"`     // the counter was replaced or set back in it
}

// System is the health of every part.
type System struct {
	Buses   []gateway.BusStatus    `json:"buses"`
	Brokers []gateway.BrokerStatus `json:"brokers"`
	Journal gateway.JournalStatus  `json:"journal"`
	Sinks   []gateway.SinkStatus   `json:"sinks"`
	Rules   gateway.RulesStatus    `json:"rules"`
	State   store.Status           `json:"state"` // alarms and tickets on disk
	Started time.Time              `json:"started"`
	Version string                 `json:"version"`
	// Words are the reasons above that people read otherwise, by what is written there.
	Words map[string]gateway.Text `json:"words"`
	Now   int64                   `json:"now"` // Unix ms
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// list makes a list that is never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func wireSite(s *gateway.Site, version string) Site {
	zone := "UTC"
	if s.Zone != nil {
		zone = s.Zone.String()
	}
	return Site{ID: s.ID, Name: s.Name, Timezone: zone, Language: s.Language, Areas: list(s.Areas), Units: list(s.Units), Version: version}
}

func plainAsset(a gateway.Asset) gateway.Asset {
	a.Points = list(a.Points)
	return a
}

func wireAsset(a gateway.Asset, values []live.Value) Asset {
	w := Asset{Asset: plainAsset(a), Values: make(map[string]Value, len(values))}
	for _, v := range values {
		x := Value{Quality: v.Quality, Reason: v.Reason, Time: v.Time, Received: v.Received}
		if v.Reason != "" {
			x.Say = duty.ReasonText(v.Reason)
		}
		if v.Quality.HasNumber() {
			n := v.Number
			x.Number = &n
		}
		w.Values[v.Point] = x
	}
	return w
}
