package ticket

import (
	"encoding/hex"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// What people may write of a report, in runes, and attach.
const (
	maxTitle = 200
	maxTrade = 40
	maxSize  = 10 << 20 // bytes of a photo
	maxFiles = 100      // of a ticket
)

// act does what a person asks for; with an error nothing was changed.
func (d *Desk) act(now time.Time, a duty.Action) error {
	if err := duty.CheckWords(a); err != nil {
		return err
	}
	if a.By == "" {
		return refuse("缺少操作人", "it is not said who does this")
	}
	if a.Do == duty.DoOpen {
		return d.report(now, a)
	}
	if !slices.ContainsFunc(moves, func(m move) bool { return m.do == a.Do }) {
		return refuse("工单不支持操作 %q", "%q is nothing that can be done to a ticket", string(a.Do))
	}
	j, ok := d.jobs[a.Ticket]
	switch {
	case !ok && d.existed(a.Ticket):
		return refuse("工单 %s 已经结束，如需处理请新开工单", "%s is over; open a new ticket", a.Ticket)
	case !ok:
		return unknown("没有工单 %q", "there is no ticket %q", a.Ticket)
	}
	to, ok := next(j.T.State, a.Do)
	if !ok {
		return refuseMove(j.T.ID, j.T.State, a.Do)
	}
	at := j.after(now)
	if err := d.check(j, at, a); err != nil {
		return err
	}
	d.apply(j, at, to, a)
	d.schedule(j)
	return nil
}

// need refuses an empty field.
func need(text, zh, en string) error {
	if text == "" {
		return duty.Refuse(zh, en)
	}
	return nil
}

// check holds an action that the table allows against the ticket.
func (d *Desk) check(j *job, at time.Time, a duty.Action) error {
	switch a.Do {
	case duty.DoAssign:
		return need(a.To, "请填写派给谁", "say to whom it is assigned")
	case duty.DoNote:
		return need(a.Note, "备注不能为空", "a note must not be empty")
	case duty.DoReopen:
		return need(a.Reason, "请填写重开原因", "say why it is reopened")
	case duty.DoCancel:
		return need(a.Reason, "请填写取消原因", "say why it is cancelled")
	case duty.DoWait:
		if !slices.Contains([]duty.WaitReason{duty.WaitParts, duty.WaitAccess, duty.WaitContractor}, a.Waits) {
			return refuse("等待原因 %q 无效：应为 parts、access 或 contractor", "it cannot wait for %q: want parts, access or contractor", string(a.Waits))
		}
	case duty.DoPlan:
		if j.T.Class != duty.ClassComplex {
			return refuse("工单 %s 不是复杂工单，无需计划", "%s is not complex: only complex work is planned", j.T.ID)
		}
		if !a.Until.After(at) || a.Until.Unix() > lastSecond {
			return refuse("计划的完成时间必须在将来", "say when the work will be done, after now")
		}
		return need(a.Note, "请填写计划", "say what the plan is")
	case duty.DoClassify:
		return checkClass(j, a)
	case duty.DoClose:
		return d.checkClose(j, a)
	case duty.DoAttach:
		return checkFile(j, a.Attach)
	}
	return nil
}

func checkClass(j *job, a duty.Action) error {
	choice := []duty.Class{duty.ClassSimple, duty.ClassComplex}
	switch {
	case !slices.Contains(choice, j.T.Class):
		return refuse("%[1]s工单不能改级：只有简单与复杂之间可以更改",
			"%[3]s is %[2]s: only simple and complex tickets change into each other", classText(j.T.Class).ZH, classText(j.T.Class).EN, j.T.ID)
	case !slices.Contains(choice, a.Class):
		return refuse("不能改为等级 %q：应为 simple 或 complex", "it cannot become %q: want simple or complex", string(a.Class))
	case a.Class == j.T.Class:
		return refuse("工单 %[1]s 的等级已经是%[2]s", "%[1]s is %[3]s already", j.T.ID, classText(a.Class).ZH, classText(a.Class).EN)
	}
	return need(a.Reason, "请填写改级原因", "say why the class changes")
}

// checkClose lets a second person close without or before the proof, but not
// while the fault is there.
func (d *Desk) checkClose(j *job, a duty.Action) error {
	if err := need(a.Reason, "请填写关闭原因", "say why it is closed without the proof"); err != nil {
		return err
	}
	if a.By == j.DoneBy {
		return refuse("工单 %s 由 %s 完工，须由另一人关闭", "%s was done by %s: another person closes it, or the proof does", j.T.ID, a.By)
	}
	if e := d.evidence(j); e.Watched && e.Active {
		return refuse("工单 %s 的报警条件仍然成立，不能关闭", "the condition of %s is still there: it cannot be closed; reopen it", j.T.ID)
	}
	return nil
}

func checkFile(j *job, f *duty.Attachment) error {
	if f == nil {
		return refuse("没有附件", "there is no attachment")
	}
	if err := duty.CheckText("文件名", "the file's name", f.Name, duty.MaxName); err != nil {
		return err
	}
	id, err := hex.DecodeString(f.ID)
	switch {
	case err != nil || len(id) != 32:
		return refuse("附件编号 %q 不是 SHA-256", "the attachment's id %q is not a SHA-256", f.ID)
	case f.Name == "":
		return refuse("附件没有文件名", "the attachment has no name")
	case !slices.Contains([]string{"image/jpeg", "image/png", "image/webp"}, f.Type):
		return refuse("附件类型 %q 不支持：应为 image/jpeg、image/png 或 image/webp", "files of type %q are not kept: want image/jpeg, image/png or image/webp", f.Type)
	case f.Size <= 0 || f.Size > maxSize:
		return refuse("附件有 %d 字节，应为 1 至 %d", "the attachment has %d bytes: want 1 to %d", f.Size, maxSize)
	case j.Files >= maxFiles:
		return refuse("工单 %s 已有 %d 个附件，不能再加", "%s has %d attachments and takes no more", j.T.ID, j.Files)
	}
	return nil
}

// apply does an action that was checked.
func (d *Desk) apply(j *job, at time.Time, to duty.TicketState, a duty.Action) {
	switch a.Do {
	case duty.DoAccept, duty.DoStart, duty.DoResume:
		d.move(j, at, to, duty.TicketEvent{By: a.By, Text: a.Note})
	case duty.DoAssign:
		j.T.Assignee = a.To
		d.moveIf(j, at, to, a.By)
		d.event(j, at, duty.TicketEvent{What: duty.WhatAssigned, By: a.By, Text: a.To})
	case duty.DoWait:
		d.move(j, at, to, duty.TicketEvent{By: a.By, Text: a.Note, Say: waitText(a.Waits)})
		j.T.Waits = a.Waits
		if slices.Contains(d.service.Pausing, a.Waits) {
			j.pause(at)
		}
	case duty.DoPlan:
		d.moveIf(j, at, to, a.By)
		j.T.Planned, j.T.PlanFor = at, plain(a.Until)
		j.meet(at, duty.PromisePlan)
		d.event(j, at, duty.TicketEvent{What: duty.WhatPlanned, By: a.By, Text: a.Note, Say: gateway.Text{
			ZH: "计划完成时间 " + d.clock(a.Until), EN: "to be done by " + d.clock(a.Until)}})
	case duty.DoClassify:
		was, is := classText(j.T.Class), classText(a.Class)
		j.T.Class = a.Class
		d.moveWork(j)
		d.event(j, at, duty.TicketEvent{What: duty.WhatClassified, By: a.By, Text: a.Reason, Say: gateway.Text{
			ZH: "等级由" + was.ZH + "改为" + is.ZH, EN: "class changed from " + was.EN + " to " + is.EN}})
	case duty.DoDone:
		d.done(j, at, a.By, a.Note)
	case duty.DoClose:
		if j.T.State == duty.TicketProving {
			d.proves(j, at, gateway.Text{ZH: "未等验证结束即关闭", EN: "closed by a person before the proof was over"})
		}
		d.close(j, at, a.By, a.Reason)
	case duty.DoReopen:
		was := slices.ContainsFunc(j.T.Clocks, func(c duty.Clock) bool { return c.Promise == duty.PromiseEntrapment })
		d.reopen(j, at, duty.TicketEvent{By: a.By, Text: a.Reason}, was)
	case duty.DoCancel:
		d.cancel(j, at, a)
	case duty.DoNote:
		d.event(j, at, duty.TicketEvent{What: duty.WhatNote, By: a.By, Text: a.Note})
	case duty.DoAttach:
		j.Files++
		file := *a.Attach
		d.event(j, at, duty.TicketEvent{What: duty.WhatAttached, By: a.By, Text: a.Note, Attach: &file})
	}
}

// moveIf moves a ticket where the state changes at all.
func (d *Desk) moveIf(j *job, at time.Time, to duty.TicketState, by string) {
	if to != j.T.State {
		d.move(j, at, to, duty.TicketEvent{By: by})
	}
}

func (d *Desk) cancel(j *job, at time.Time, a duty.Action) {
	d.move(j, at, duty.TicketCancelled, duty.TicketEvent{By: a.By, Text: a.Reason})
	if j.Plan != "" {
		d.planCancelled(j, at)
	}
}

func waitText(w duty.WaitReason) gateway.Text {
	switch w {
	case duty.WaitParts:
		return gateway.Text{ZH: "等待备件", EN: "waits for parts"}
	case duty.WaitAccess:
		return gateway.Text{ZH: "等待进场", EN: "waits for access"}
	}
	return gateway.Text{ZH: "等待外协单位", EN: "waits for a contractor"}
}

// report opens a ticket by hand.
func (d *Desk) report(now time.Time, a duty.Action) error {
	r := a.New
	if r == nil {
		return refuse("没有报修内容", "there is no report to open a ticket for")
	}
	if err := d.checkReport(r); err != nil {
		return err
	}
	j := d.start(now, duty.Ticket{
		Asset: r.Asset, Unit: r.Unit, Area: r.Area, Title: gateway.Text{ZH: r.Title, EN: r.Title}, Detail: r.Detail,
		Origin: duty.OriginPerson, By: a.By, Class: r.Class, Priority: r.Priority, Trade: r.Trade,
	}, duty.TicketEvent{By: a.By, Text: a.Note})
	d.runAll(j, now, nil)
	d.tell(j, now, "opened", "", gateway.Text{})
	d.schedule(j)
	return nil
}

func (d *Desk) checkReport(r *duty.Report) error {
	if err := need(r.Title, "标题不能为空", "a report needs a title"); err != nil {
		return err
	}
	for _, w := range []struct {
		zh, en, text string
		limit        int
	}{{"标题", "the title", r.Title, maxTitle}, {"详情", "the detail", r.Detail, duty.MaxText}, {"工种", "the trade", r.Trade, maxTrade}} {
		if err := duty.CheckText(w.zh, w.en, w.text, w.limit); err != nil {
			return err
		}
	}
	if _, ok := d.assets[r.Asset]; r.Asset != "" && !ok {
		return unknown("没有设备 %q", "there is no asset %q", string(r.Asset))
	}
	if _, ok := d.units[r.Unit]; r.Unit != "" && !ok {
		return unknown("没有房屋单元 %q", "there is no unit %q", r.Unit)
	}
	if r.Area != "" && !d.areas[r.Area] {
		return unknown("没有区域 %q", "there is no area %q", r.Area)
	}
	if urgency(r.Class) == 0 {
		return refuse("等级 %q 无效：应为 emergency、simple、complex 或 planned", "class %q is none: want emergency, simple, complex or planned", string(r.Class))
	}
	if r.Priority < duty.P1 || r.Priority > duty.P4 {
		return refuse("优先级 %s 无效：应为 P1 至 P4", "priority %s is none: want P1 to P4", r.Priority.String())
	}
	return nil
}
