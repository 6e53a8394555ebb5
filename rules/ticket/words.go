package ticket

import (
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// stateText is a state after "is".
func stateText(s duty.TicketState) gateway.Text {
	switch s {
	case duty.TicketOpen:
		return gateway.Text{ZH: "待接单", EN: "open"}
	case duty.TicketAccepted:
		return gateway.Text{ZH: "已接单", EN: "accepted"}
	case duty.TicketAssigned:
		return gateway.Text{ZH: "已派单", EN: "assigned"}
	case duty.TicketInProgress:
		return gateway.Text{ZH: "处理中", EN: "in progress"}
	case duty.TicketWaiting:
		return gateway.Text{ZH: "等待中", EN: "waiting"}
	case duty.TicketDone:
		return gateway.Text{ZH: "已完工", EN: "done"}
	case duty.TicketProving:
		return gateway.Text{ZH: "验证中", EN: "proving"}
	case duty.TicketClosed:
		return gateway.Text{ZH: "已关闭", EN: "closed"}
	case duty.TicketReopened:
		return gateway.Text{ZH: "已重开", EN: "reopened"}
	}
	return gateway.Text{ZH: "已取消", EN: "cancelled"}
}

// verbText is a verb after "can be".
func verbText(v duty.Verb) gateway.Text {
	switch v {
	case duty.DoAccept:
		return gateway.Text{ZH: "接单", EN: "accepted"}
	case duty.DoAssign:
		return gateway.Text{ZH: "派单", EN: "assigned"}
	case duty.DoStart:
		return gateway.Text{ZH: "开工", EN: "started"}
	case duty.DoWait:
		return gateway.Text{ZH: "转为等待", EN: "made to wait"}
	case duty.DoResume:
		return gateway.Text{ZH: "恢复", EN: "resumed"}
	case duty.DoPlan:
		return gateway.Text{ZH: "制定计划", EN: "planned"}
	case duty.DoClassify:
		return gateway.Text{ZH: "重新定级", EN: "classified"}
	case duty.DoDone:
		return gateway.Text{ZH: "完工", EN: "done"}
	case duty.DoClose:
		return gateway.Text{ZH: "关闭", EN: "closed"}
	case duty.DoReopen:
		return gateway.Text{ZH: "重开", EN: "reopened"}
	}
	return gateway.Text{ZH: "取消", EN: "cancelled"}
}

// promiseText names a service clock.
func promiseText(p duty.Promise) gateway.Text {
	switch p {
	case duty.PromiseRespond:
		return gateway.Text{ZH: "响应", EN: "response"}
	case duty.PromiseEntrapment:
		return gateway.Text{ZH: "困人救援到场", EN: "reaching the trapped person"}
	case duty.PromiseRepair:
		return gateway.Text{ZH: "维修", EN: "repair"}
	case duty.PromisePlan:
		return gateway.Text{ZH: "制定计划", EN: "plan"}
	}
	return gateway.Text{ZH: "计划保养", EN: "planned maintenance"}
}

// classText names a class.
func classText(c duty.Class) gateway.Text {
	switch c {
	case duty.ClassEmergency:
		return gateway.Text{ZH: "紧急", EN: "emergency"}
	case duty.ClassSimple:
		return gateway.Text{ZH: "简单", EN: "simple"}
	case duty.ClassComplex:
		return gateway.Text{ZH: "复杂", EN: "complex"}
	}
	return gateway.Text{ZH: "计划", EN: "planned"}
}

// alarmText tells what an alarm did.
func alarmText(e duty.AlarmEvent) gateway.Text {
	switch e {
	case duty.EventRaise:
		return gateway.Text{ZH: "报警", EN: "raised"}
	case duty.EventClear:
		return gateway.Text{ZH: "恢复正常", EN: "cleared"}
	case duty.EventAcknowledge:
		return gateway.Text{ZH: "已确认", EN: "acknowledged"}
	case duty.EventReset:
		return gateway.Text{ZH: "已复位", EN: "reset"}
	case duty.EventRealarm:
		return gateway.Text{ZH: "再次报警", EN: "alarmed again"}
	case duty.EventShelve:
		return gateway.Text{ZH: "已搁置", EN: "shelved"}
	case duty.EventUnshelve:
		return gateway.Text{ZH: "解除搁置", EN: "no longer shelved"}
	case duty.EventSuppress:
		return gateway.Text{ZH: "被抑制", EN: "suppressed"}
	case duty.EventUnsuppress:
		return gateway.Text{ZH: "解除抑制", EN: "no longer suppressed"}
	case duty.EventRemove:
		return gateway.Text{ZH: "退出服务", EN: "out of service"}
	}
	return gateway.Text{ZH: "恢复服务", EN: "back in service"}
}

// alarmSays is what an alarm did, with its title and with what the gateway has
// to say about why.
func alarmSays(t *duty.Transition) gateway.Text {
	what, title := alarmText(t.Event), t.Alarm.Title
	say := gateway.Text{ZH: title.In("zh") + "：" + what.ZH, EN: title.In("en") + ": " + what.EN}
	if why := t.Say; why != (gateway.Text{}) {
		say = gateway.Text{ZH: say.ZH + "（" + why.In("zh") + "）", EN: say.EN + " (" + why.In("en") + ")"}
	}
	return say
}

// clock is a time as people of the site read it.
func (d *Desk) clock(t time.Time) string { return t.In(d.zone).Format("2006-01-02 15:04:05") }
