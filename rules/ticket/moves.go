package ticket

import (
	"fmt"
	"slices"

	"steward/gateway"
	"steward/gateway/duty"
)

// move is one row of the table: a verb, the states in which it can be done,
// and where it leads.
type move struct {
	do   duty.Verb
	from []duty.TicketState
	to   duty.TicketState // empty: the state stays
}

// moves is what people can do with a ticket. What is not here is refused.
// Done stands for proving where the fault is watched by points.
var moves = []move{
	{duty.DoAccept, []duty.TicketState{duty.TicketOpen, duty.TicketReopened}, duty.TicketAccepted},
	{duty.DoAssign, []duty.TicketState{duty.TicketOpen, duty.TicketReopened, duty.TicketAccepted, duty.TicketAssigned}, duty.TicketAssigned},
	{duty.DoAssign, []duty.TicketState{duty.TicketInProgress, duty.TicketWaiting}, ""},
	{duty.DoStart, []duty.TicketState{duty.TicketOpen, duty.TicketReopened, duty.TicketAccepted, duty.TicketAssigned}, duty.TicketInProgress},
	{duty.DoWait, []duty.TicketState{duty.TicketAccepted, duty.TicketAssigned, duty.TicketInProgress}, duty.TicketWaiting},
	{duty.DoResume, []duty.TicketState{duty.TicketWaiting}, duty.TicketInProgress},
	{duty.DoPlan, []duty.TicketState{duty.TicketOpen, duty.TicketReopened}, duty.TicketAccepted},
	{duty.DoPlan, []duty.TicketState{duty.TicketAccepted, duty.TicketAssigned, duty.TicketInProgress, duty.TicketWaiting}, ""},
	{duty.DoClassify, working, ""},
	{duty.DoDone, []duty.TicketState{duty.TicketAccepted, duty.TicketAssigned, duty.TicketInProgress}, duty.TicketDone},
	{duty.DoClose, finished, duty.TicketClosed},
	{duty.DoReopen, finished, duty.TicketReopened},
	{duty.DoCancel, working, duty.TicketCancelled},
	{duty.DoNote, alive, ""},
	{duty.DoAttach, alive, ""},
}

// Sets of states.
var (
	working = []duty.TicketState{duty.TicketOpen, duty.TicketAccepted, duty.TicketAssigned, duty.TicketInProgress,
		duty.TicketWaiting, duty.TicketReopened}
	finished = []duty.TicketState{duty.TicketDone, duty.TicketProving}
	alive    = slices.Concat(working, finished)
)

// next is the state that a verb leads to; false where it cannot be done.
func next(from duty.TicketState, do duty.Verb) (duty.TicketState, bool) {
	for _, m := range moves {
		if m.do == do && slices.Contains(m.from, from) {
			if m.to == "" {
				return from, true
			}
			return m.to, true
		}
	}
	return "", false
}

func refuse(zh, en string, args ...any) error {
	return duty.Refuse(fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}

func unknown(zh, en, name string) error {
	return duty.Unknown(fmt.Sprintf(zh, name), fmt.Sprintf(en, name))
}

// refuseMove says what must come before a verb that the table does not have.
func refuseMove(id string, from duty.TicketState, do duty.Verb) error {
	first := before(from, do)
	return duty.Refuse("工单 "+id+" "+stateText(from).ZH+"："+first.ZH, id+" is "+stateText(from).EN+": "+first.EN)
}

// before is what to do first, for each pair that is refused.
func before(from duty.TicketState, do duty.Verb) gateway.Text {
	verb := verbText(do)
	switch {
	case from.Over():
		return gateway.Text{ZH: "已经结束，如需处理请新开工单", EN: "it is over; open a new ticket"}
	case slices.Contains(finished, from) && do == duty.DoCancel:
		return gateway.Text{ZH: "请关闭或重开，不能再取消", EN: "close it or reopen it; it cannot be cancelled any more"}
	case slices.Contains(finished, from) && do == duty.DoDone:
		return gateway.Text{ZH: "已有人报完工", EN: "somebody has said already that it is done"}
	case slices.Contains(finished, from):
		return gateway.Text{ZH: "请先重开，才能" + verb.ZH, EN: "reopen it before it can be " + verb.EN}
	case do == duty.DoClose:
		return gateway.Text{ZH: "请先完工，才能关闭；若并无此事，请取消", EN: "say that it is done before it can be closed, or cancel it if there was nothing"}
	case do == duty.DoReopen:
		return gateway.Text{ZH: "尚未完工，无需重开", EN: "it is not done, so there is nothing to reopen"}
	case do == duty.DoAccept:
		return gateway.Text{ZH: "已有人接单", EN: "somebody has accepted it already"}
	case do == duty.DoResume:
		return gateway.Text{ZH: "没有在等待，请开工", EN: "it does not wait; start it"}
	case from == duty.TicketWaiting && do == duty.DoWait:
		return gateway.Text{ZH: "要更换等待原因，请先恢复", EN: "resume it before it can wait for something else"}
	case from == duty.TicketWaiting:
		return gateway.Text{ZH: "请先恢复，才能" + verb.ZH, EN: "resume it before it can be " + verb.EN}
	case do == duty.DoStart:
		return gateway.Text{ZH: "已经开工", EN: "work has started already"}
	}
	return gateway.Text{ZH: "请先接单，才能" + verb.ZH, EN: "accept it before it can be " + verb.EN}
}
