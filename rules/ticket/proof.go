package ticket

import (
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// The desk's own times.
const (
	lookEvery    = time.Minute      // at a proof that is over but does not pass
	defaultProof = 30 * time.Minute // of a class that Service gives none for
	outageFor    = 8 * time.Hour
	outageLate   = 30 * 24 * time.Hour // what was missed before is not made up for
	outageAhead  = time.Hour           // an outage is prolonged so long before it expires
)

// after is a time for the ticket's next event: never before the last one.
func (j *job) after(at time.Time) time.Time {
	if at.Before(j.Last) {
		return j.Last
	}
	return at
}

// move brings a ticket into another state, with what belongs to leaving the
// one and entering the other.
func (d *Desk) move(j *job, at time.Time, to duty.TicketState, e duty.TicketEvent) {
	from := j.T.State
	switch from {
	case duty.TicketInProgress:
		d.putBack(j)
	case duty.TicketWaiting:
		j.resume(at)
		j.T.Waits = ""
	}
	j.T.State = to
	e.What, e.From, e.To = duty.WhatState, from, to
	d.event(j, at, e)
	switch to {
	case duty.TicketAccepted, duty.TicketAssigned:
		j.answered(at)
	case duty.TicketInProgress:
		j.answered(at)
		j.meet(at, duty.PromiseEntrapment)
		if j.T.Started.IsZero() {
			j.T.Started = at
		}
		d.takeOut(j, at)
	}
	if to.Over() {
		d.end(j)
	}
}

// answered is the first response, or the first after the fault came back.
func (j *job) answered(at time.Time) {
	if j.T.Accepted.IsZero() {
		j.T.Accepted = at
	}
	j.meet(at, duty.PromiseRespond)
}

// takeOut takes exactly the points under work out of service.
func (d *Desk) takeOut(j *job, at time.Time) {
	if _, known := d.assets[j.T.Asset]; !known {
		return
	}
	if j.Plan != "" {
		p, ok := d.plans[j.Plan]
		if !ok {
			return
		}
		j.OutOf = slices.Clone(p.Points)
	} else {
		j.OutOf = slices.Clone(d.evidence(j).Points)
		if len(j.OutOf) == 0 {
			return // none would mean all
		}
	}
	j.Out = true
	d.outage(j, at.Add(outageFor))
}

func (d *Desk) putBack(j *job) {
	if j.Out {
		d.outage(j, time.Time{})
		j.Out, j.OutOf = false, nil
	}
}

func (d *Desk) outage(j *job, until time.Time) {
	j.OutUntil = until
	d.effects.Outages = append(d.effects.Outages, duty.Outage{Asset: j.T.Asset, Points: slices.Clone(j.OutOf), Ticket: j.T.ID, Until: until})
	d.keep(j)
}

// evidence is that of a ticket's fault; nothing watches a plan or a report.
func (d *Desk) evidence(j *job) Evidence {
	if j.T.Asset == "" || j.T.Fault == "" || j.Plan != "" {
		return Evidence{}
	}
	return d.view.Evidence(j.T.Asset, j.T.Fault)
}

// proofOf is how long a ticket is proved for.
func (d *Desk) proofOf(j *job, e Evidence) time.Duration {
	if e.Proof > 0 {
		return e.Proof
	}
	if p := d.service.Proof[j.T.Class]; p > 0 {
		return p
	}
	return defaultProof
}

// done is somebody's word that the work is done: the proof begins.
func (d *Desk) done(j *job, at time.Time, by, text string) {
	e, to := d.evidence(j), duty.TicketDone
	if e.Watched {
		to = duty.TicketProving
	}
	j.answered(at)
	j.meet(at, duty.PromiseEntrapment, duty.PromiseRepair, duty.PromisePlan, duty.PromiseDue)
	j.T.Done, j.DoneBy = at, by
	j.Window, j.Held = at, false
	j.T.ProofUntil = at.Add(d.proofOf(j, e))
	j.Look = j.T.ProofUntil
	d.usedUp(j)
	d.move(j, at, to, duty.TicketEvent{By: by, Text: text})
	if e.Watched {
		d.proves(j, at, gateway.Text{ZH: "验证至 " + d.clock(j.T.ProofUntil), EN: "to be proved until " + d.clock(j.T.ProofUntil)})
		if e.Active {
			d.proves(j, at, gateway.Text{ZH: "报警条件仍然成立，消失后才能关闭", EN: "the condition is still there; it must go before the ticket closes"})
		}
	}
	if len(j.Latches) > 0 {
		ids := strings.Join(j.Latches, ", ")
		d.proves(j, at, gateway.Text{ZH: "报警已锁存，需要复位：" + ids, EN: "latched, needs a reset: " + ids})
	}
}

func (d *Desk) proves(j *job, at time.Time, say gateway.Text) {
	d.event(j, at, duty.TicketEvent{What: duty.WhatProof, Say: say})
}

// look decides at the end of the proof.
func (d *Desk) look(j *job, due, at time.Time) {
	e := d.evidence(j)
	proving := j.T.State == duty.TicketProving
	switch {
	case e.Watched && e.Active:
		d.hold(j, due, at, gateway.Text{ZH: "验证未通过：报警条件仍然成立", EN: "the proof does not pass: the condition is still there"})
	case e.Watched && proving && e.GoodSince.IsZero():
		d.hold(j, due, at, gateway.Text{ZH: "验证未通过：没有完好的数据", EN: "the proof does not pass: there are no good data"})
	case e.Watched && proving && e.GoodSince.Add(d.proofOf(j, e)).After(due) && e.GoodSince.After(j.Window):
		d.prolong(j, plain(e.GoodSince), at)
	case proving && e.Watched:
		d.proves(j, at, gateway.Text{ZH: "验证通过", EN: "the proof passed"})
		d.close(j, at, "", "")
	case proving:
		d.proves(j, at, gateway.Text{ZH: "已无测点监视此故障，到期关闭", EN: "no points watch this fault any more; closed after the time of the proof"})
		d.close(j, at, "", "")
	default:
		d.close(j, at, "", "")
	}
}

// hold waits for a proof that does not pass, and says so once.
func (d *Desk) hold(j *job, due, at time.Time, say gateway.Text) {
	if !j.Held {
		j.Held = true
		d.proves(j, at, say)
	}
	late := max(0, d.now.Sub(due)) / lookEvery // the View would say the same at each of them
	j.Look = due.Add((late + 1) * lookEvery)
	d.keep(j)
}

// prolong begins the proof anew.
func (d *Desk) prolong(j *job, from, at time.Time) {
	j.Window, j.Held = from, false
	j.T.ProofUntil = from.Add(d.proofOf(j, d.evidence(j)))
	j.Look = j.T.ProofUntil
	d.proves(j, at, gateway.Text{ZH: "验证延长至 " + d.clock(j.T.ProofUntil), EN: "the proof is prolonged until " + d.clock(j.T.ProofUntil)})
}

// close ends a ticket whose work was proved, or that a person closed.
func (d *Desk) close(j *job, at time.Time, by, reason string) {
	j.T.Closed = at
	d.move(j, at, duty.TicketClosed, duty.TicketEvent{By: by, Text: reason})
	switch {
	case j.Plan != "":
		d.planClosed(j, at)
	case j.T.Fault != "" && d.service.Recurrence > 0:
		d.remember(key{j.T.Asset, j.T.Fault}, &closed{ID: j.T.ID, At: at})
	}
	d.tell(j, at, "closed", "", gateway.Text{})
}

// comesBack reopens a ticket whose fault is there again.
func (d *Desk) comesBack(j *job, at time.Time, a *duty.Alarm) {
	say := gateway.Text{ZH: "故障再次出现", EN: "the fault came back"}
	d.proves(j, at, gateway.Text{ZH: "验证失败：" + say.ZH, EN: "the proof failed: " + say.EN})
	d.reopen(j, at, duty.TicketEvent{Alarm: a.ID, Say: say}, d.service.Traps(a.Rule))
	d.upgrade(j, at, a)
}

// reopen brings a ticket back to those that nobody has answered.
func (d *Desk) reopen(j *job, at time.Time, e duty.TicketEvent, trapped bool) {
	j.unmeet(at)
	j.Again = at
	j.T.Reopened++
	j.T.Done, j.T.ProofUntil = time.Time{}, time.Time{}
	j.DoneBy, j.Look, j.Window, j.Held = "", time.Time{}, time.Time{}, false
	d.move(j, at, duty.TicketReopened, e)
	if j.Plan == "" || j.T.Origin == duty.OriginRain {
		j.run(duty.PromiseRespond, at, d.service.Respond[j.T.Priority])
	}
	if trapped {
		j.run(duty.PromiseEntrapment, at, d.service.Entrapment)
	}
	d.tell(j, at, "reopened", "", gateway.Text{ZH: "重开", EN: "reopened"})
}

// nextOf is what a ticket has to do by itself first.
func (d *Desk) nextOf(j *job) (time.Time, func(due, at time.Time)) {
	due, c, breach := d.clockDue(j)
	do := func(_, at time.Time) { d.ring(j, at, c, breach) }
	if j.Out {
		if at := j.OutUntil.Add(-outageAhead); due.IsZero() || at.Before(due) {
			due, do = at, func(due, _ time.Time) {
				d.outage(j, later(due, d.now.Add(-outageLate)).Add(outageFor))
			}
		}
	}
	if !j.Look.IsZero() && (due.IsZero() || j.Look.Before(due)) {
		due, do = j.Look, func(due, at time.Time) { d.look(j, due, at) }
	}
	return due, do
}

// schedule sets a ticket's timer.
func (d *Desk) schedule(j *job) {
	if d.jobs[j.T.ID] != j {
		return
	}
	at, _ := d.nextOf(j)
	d.queue.set(&j.timer, at)
}

// due does what a ticket has to do at a time.
func (d *Desk) due(j *job, due time.Time) {
	if _, do := d.nextOf(j); do != nil {
		do(due, j.after(due))
	}
	d.schedule(j)
}
