package rules

import "time"

// watchClock tells when the gateway's clock was set back, as it is where the
// hardware's clock was ahead at the start: time does not go back for the rules,
// so until it has caught up they take what assets send for backfilled.
func (r *Runner) watchClock() {
	switch ahead := r.core.Engine.Now().Sub(r.o.Now()); {
	case ahead > clockBack && !r.setBack:
		r.setBack = true
		r.o.Log.Error("the clock was set back: the rules judge nothing until it is as late as it was; "+
			"to go on at once, stop the gateway and set the folder state aside, which ends all alarms and tickets", "by", ahead.Round(time.Second), "until", r.core.Engine.Now())
	case ahead <= 0 && r.setBack:
		r.setBack = false
		r.o.Log.Info("the clock is as late as it was: the rules judge again")
	}
}
