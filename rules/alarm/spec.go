package alarm

import (
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// SiteAsset stands for the site as a whole where an alarm is about no single
// asset: a flood.
const SiteAsset = gateway.AssetID("_site")

// The standard's limits (FACTS C.3).
const (
	floodWindow   = 10 * time.Minute
	chatterCount  = 3
	chatterWindow = time.Minute
	chatterEnd    = 10 * time.Minute // without chattering, until the mark goes (SY-04's off-delay)
	calmFor       = time.Minute      // so long the condition of what chatters must be false until the alarm clears
	staleAfter    = 24 * time.Hour
	removeMax     = 30 * 24 * time.Hour // out of service by a person: longer is forgotten, not under work
)

// Spec is what an alarm needs to know of its rule, with the settings in force
// on its asset. A change takes effect at the alarm's next transition.
type Spec struct {
	Key        duty.AlarmKey `json:"-"`
	Fault      string        `json:"fault"`
	Title      gateway.Text  `json:"title"`
	Priority   duty.Priority `json:"priority"`
	Class      duty.Class    `json:"class"`
	Trade      string        `json:"trade,omitempty"`
	Latch      bool          `json:"latch,omitempty"`
	Realarm    time.Duration `json:"realarm,omitempty"`     // acknowledged for so long and still active: unacknowledged; 0: never
	Cause      bool          `json:"cause,omitempty"`       // while annunciated and active, what its asset feeds folds into it
	Folds      bool          `json:"folds,omitempty"`       // it may be the consequence of a cause upstream
	Points     []string      `json:"points,omitempty"`      // of its own asset, that its condition looks at
	Rescue     bool          `json:"rescue,omitempty"`      // it tells of a trapped person: no work takes it out of service
	SuppressBy []string      `json:"suppress_by,omitempty"` // rules on the same asset that suppress it while active
}

func (s *Spec) equal(o *Spec) bool {
	return s.Key == o.Key && s.Fault == o.Fault && s.Title == o.Title && s.Priority == o.Priority &&
		s.Class == o.Class && s.Trade == o.Trade && s.Latch == o.Latch && s.Realarm == o.Realarm &&
		s.Cause == o.Cause && s.Folds == o.Folds &&
		slices.Equal(s.Points, o.Points) && slices.Equal(s.SuppressBy, o.SuppressBy)
}

// Options are what a Table is made for. Zero numbers mean the default.
type Options struct {
	Site        *gateway.Site      // its fed_by links are the topology
	FoldWait    time.Duration      // how long a possible consequence waits for its cause; 10 s
	RecoverWait time.Duration      // how long it waits after its cause ended; 30 s
	HearWait    time.Duration      // and how much longer while no data of it come: a unit in quarantine is asked every 5 min; 5 min
	ShelveMax   time.Duration      // the longest that a person may shelve; 12 h
	FloodStart  int                // a flood begins with more than so many new ones in 10 min; 10
	FloodEnd    int                // and ends under so many; 5
	Meta        map[duty.Mark]Spec // alarms about alarms: flood (SY-03, on SiteAsset), chattering (SY-04) and stale (SY-05) on the asset; Key.Rule counts, absent: only the marks

	// Clearing gives when an active alarm will clear because its condition is
	// false already and only its delay still runs; false: it does not run.
	// Nil: nobody knows.
	Clearing func(duty.AlarmKey) (time.Time, bool)
	// Unheard reports whether the condition of an active alarm is true or kept
	// only because no data come. Nil: never.
	Unheard func(duty.AlarmKey) bool
}

func (o Options) withDefaults() Options {
	if o.Site == nil {
		o.Site = &gateway.Site{}
	}
	for _, d := range []struct {
		of   *time.Duration
		size time.Duration
	}{{&o.FoldWait, 10 * time.Second}, {&o.RecoverWait, 30 * time.Second}, {&o.HearWait, 5 * time.Minute}, {&o.ShelveMax, 12 * time.Hour}} {
		if *d.of == 0 {
			*d.of = d.size
		}
	}
	if o.FloodStart == 0 {
		o.FloodStart = 10
	}
	if o.FloodEnd == 0 {
		o.FloodEnd = 5
	}
	return o
}
