--------------------------------- MODULE Sales ---------------------------------
(***************************************************************************)
(* Sales: the coordinator opens one per slot, for all nodes, and what      *)
(* operators want besides: extra sales, and the open one closed.           *)
(*                                                                         *)
(* The coordinator may run as several incarnations at once; its journal is *)
(* the only truth, and (persistence_id, sequence_number) the fence.  Each  *)
(* incarnation knows a prefix of it.  Clocks are not trusted: whoever      *)
(* looks at one sees any time at all.  Answers to nodes may be late, lost  *)
(* and overtaken, so that a node knows any prefix that was there once.     *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    Inc,            \* incarnations of the coordinator
    Nodes,
    Period,         \* length of a slot
    Ahead,          \* so long before it opens a sale is announced
    MaxTime, MaxSales,
    MaxWishes, MaxClosings, Notice,     \* extra sales, closings; a closed sale ends Notice later
    Variant         \* deviations, as in Checkout.tla

ASSUME Variant \subseteq
    { "fence",      \* no fence
      "by-clock",   \* a sale ends when the clock shows another slot
      "word",       \* what was announced is not looked at when a sale is opened
      "reach",      \* the sale of a slot does not end where an extra one begins
      "busy",       \* an extra sale may be wanted in the time of one that is announced
      "resume",     \* the rest of a slot that had an extra sale, or a closed one, is sold again
      "no-notice",  \* a sale that is closed ends at once
      "again" }     \* nodes take older news for newer ones

On(v) == v \in Variant

VARIABLES
    log,            \* Seq(<<event, sale>>)     durable
    knows,          \* [Inc -> Nat]             length of the known prefix
    heard           \* [Nodes -> Nat]           length of the prefix that a node was told of

vars == <<log, knows, heard>>

(* A sale; of an extra one slot is its start, and "kind" says it. *)
None == [id |-> 0, slot |-> 0, opens |-> 0, ends |-> 0, kind |-> "none"]
Times == 0..MaxTime
SlotAt(t) == (t \div Period) * Period

Max(a, b) == IF a < b THEN b ELSE a

(* ------------------------------ folds over the log ------------------------------ *)
(* What a prefix of the journal comes to, as SaleState.apply does. *)
Empty == [open |-> None, announced |-> None, last |-> None, lastId |-> 0, wanted |-> {}, resumes |-> 0]
Became(w, s) == s.slot = w.opens /\ s.ends = w.ends
Resumes(st, s) == LET ws == {w \in st.wanted : Became(w, s)}
                  IN  IF ws = {} THEN 0 ELSE (CHOOSE w \in ws : TRUE).resumes
Left(st, s) == {w \in st.wanted : w.ends > s.ends}
Apply(st, e) ==
    CASE e[1] = "Announced" -> [st EXCEPT !.announced = e[2], !.lastId = e[2].id,
                                          !.resumes = Resumes(st, e[2]), !.wanted = Left(st, e[2])]
      [] e[1] = "Opened"    -> [st EXCEPT !.open = e[2], !.last = e[2], !.announced = None, !.lastId = e[2].id,
                                          !.resumes = IF st.announced = None THEN Resumes(st, e[2]) ELSE st.resumes,
                                          !.wanted = Left(st, e[2])]
      [] e[1] = "Closed"    -> [st EXCEPT !.open = None]
      [] e[1] = "Shortened" -> [st EXCEPT !.open.ends = e[2], !.last.ends = e[2],
                                          !.resumes = IF st.announced # None THEN st.resumes
                                                      ELSE Max(st.resumes, st.open.ends)]
      [] e[1] = "Wanted"    -> [st EXCEPT !.wanted = st.wanted \cup {e[2]}]

RECURSIVE Fold(_)
Fold(es) == IF es = <<>> THEN Empty ELSE Apply(Fold(SubSeq(es, 1, Len(es) - 1)), es[Len(es)])
View(k) == Fold(SubSeq(log, 1, knows[k]))
Busy(st) == IF st.announced # None /\ ~On("busy") THEN st.announced.ends ELSE st.last.ends

(* The sale after the last one: an extra one, or that of a slot, whichever may be first. *)
OfSlot(id, last, t) ==
    LET slot == IF last # None /\ last.ends > SlotAt(t) THEN last.ends ELSE SlotAt(t)
    IN  [id |-> id, slot |-> slot, opens |-> t, ends |-> SlotAt(t) + Period, kind |-> "slot"]
NextSale(st, now) ==
    LET id   == (IF On("word") THEN st.last.id ELSE st.lastId) + 1
        from == IF st.last = None \/ On("by-clock") THEN now ELSE Max(now, st.last.ends)
        t    == IF On("resume") THEN from ELSE Max(from, st.resumes)
        ws   == {w \in st.wanted : from < w.ends}
        w    == CHOOSE w \in ws : \A v \in ws : w.opens <= v.opens
        s    == OfSlot(id, st.last, t)
    IN  IF ws = {} THEN s
        ELSE IF w.opens <= t
        THEN [id |-> id, slot |-> w.opens, opens |-> Max(w.opens, from), ends |-> w.ends, kind |-> "extra"]
        ELSE IF s.ends > w.opens /\ ~On("reach") THEN [s EXCEPT !.ends = w.opens] ELSE s

(***************************************************************************)
(* The coordinator                                                         *)
(***************************************************************************)
Append1(k, events) ==
    /\ knows[k] = Len(log) \/ On("fence")
    /\ log' = log \o events
    /\ knows' = [knows EXCEPT ![k] = Len(log')]
    /\ UNCHANGED heard

Closing(s) == IF s = None THEN <<>> ELSE << <<"Closed", s.id>> >>
Count(name) == Cardinality({x \in 1..Len(log) : log[x][1] = name})

Due(k, now) ==
    LET st   == View(k)
        next == IF st.announced # None /\ ~On("word") THEN st.announced ELSE NextSale(st, now)
        over == st.open # None /\ (IF On("by-clock") THEN SlotAt(now) # st.open.slot ELSE now >= st.open.ends)
    IN  /\ Count("Opened") < MaxSales
        /\ next.ends <= MaxTime + Period
        /\ \/ /\ now >= next.opens \/ (On("by-clock") /\ over)
              /\ Append1(k, Closing(st.open) \o << <<"Opened", next>> >>)
           \/ /\ now < next.opens /\ over
              /\ Append1(k, Closing(st.open))
           \/ /\ now < next.opens /\ ~over /\ st.announced = None /\ now + Ahead >= next.opens
              /\ Append1(k, << <<"Announced", next>> >>)

(* An operator wants an extra sale. *)
Want(k, from, until) ==
    LET st   == View(k)
        slot == SlotAt(until)
        w    == [opens |-> from, ends |-> until, resumes |-> IF slot > from THEN until ELSE slot + Period]
    IN  /\ Count("Wanted") < MaxWishes
        /\ st.last # None
        /\ from < until /\ until <= MaxTime
        /\ from >= Busy(st)
        /\ \A v \in st.wanted : until <= v.opens \/ v.ends <= from
        /\ Append1(k, << <<"Wanted", w>> >>)

(* An operator closes the open sale. *)
Close(k, now) ==
    LET st  == View(k)
        end == Max(now, st.open.opens) + (IF On("no-notice") THEN 0 ELSE Notice)
    IN  /\ Count("Shortened") < MaxClosings
        /\ st.open # None
        /\ end < st.open.ends
        /\ Append1(k, << <<"Shortened", end>> >>)

Recover(k) ==
    /\ knows[k] < Len(log)
    /\ knows' = [knows EXCEPT ![k] = Len(log)]
    /\ UNCHANGED <<log, heard>>

(* A node hears an answer, unless it has heard of a later one: SaleBoard.put. *)
Progress(st) == 4 * st.last.id + (IF st.open = None THEN 1 ELSE 0) + (IF st.announced # None THEN 2 ELSE 0)
News(st, old) == \/ Progress(st) > Progress(old)
                 \/ Progress(st) = Progress(old) /\ st.last.ends <= old.last.ends
Hear(n, p) ==
    /\ p \in 0..Len(log)
    /\ LET st == Fold(SubSeq(log, 1, p))
       IN  st.last # None /\ (On("again") \/ News(st, Fold(SubSeq(log, 1, heard[n]))))
    /\ heard' = [heard EXCEPT ![n] = p]
    /\ UNCHANGED <<log, knows>>

Init == log = <<>> /\ knows = [k \in Inc |-> 0] /\ heard = [n \in Nodes |-> 0]

Next == \/ \E k \in Inc : \/ Recover(k)
                        \/ \E now \in Times : Due(k, now) \/ Close(k, now)
                        \/ \E from, until \in Times : Want(k, from, until)
        \/ \E n \in Nodes, p \in 0..Len(log) : Hear(n, p)

Spec == Init /\ [][Next]_vars

(***************************************************************************)
(* Invariants                                                              *)
(***************************************************************************)
Opened == {x \in 1..Len(log) : log[x][1] = "Opened"}
(* The end that a sale has: the one that it was closed with, if it was. *)
EndOf(x) == LET cs == {y \in (x + 1)..Len(log) : log[y][1] = "Shortened"
                            /\ \A z \in (x + 1)..y : log[z][1] # "Opened"}
            IN  IF cs = {} THEN log[x][2].ends ELSE log[CHOOSE y \in cs : \A z \in cs : z <= y][2]

\* I6
OneSalePerSlot == \A x, y \in Opened : x # y => log[x][2].slot # log[y][2].slot
NoOverlap == \A x, y \in Opened : x < y => EndOf(x) <= log[y][2].opens
Numbered == \A x, y \in Opened : x < y => log[x][2].id < log[y][2].id
\* Of a slot there is one sale besides extra ones: what operators leave of it stays empty.
OncePerSlot == \A x, y \in Opened :
    x # y /\ log[x][2].kind = "slot" /\ log[y][2].kind = "slot"
        => SlotAt(log[x][2].opens) # SlotAt(log[y][2].opens)
\* Nothing else is open in the time of an extra sale that was acknowledged, unless it was closed itself.
WishesAreKept == \A x, y \in 1..Len(log) : x < y /\ log[x][1] = "Wanted" /\ log[y][1] = "Opened" =>
    LET w == log[x][2] s == log[y][2]
    IN  \/ s.slot = w.opens
        \/ \E z \in Opened : z < y /\ log[z][2].slot = w.opens
        \/ EndOf(y) <= w.opens
        \/ w.ends <= s.opens

\* What was announced is what is opened: nodes open it without asking again.
KeepsItsWord == \A x, y \in 1..Len(log) :
    (log[x][1] = "Announced" /\ log[y][1] = "Opened" /\ log[x][2].id = log[y][2].id)
        => log[x][2] = log[y][2]

\* Nodes with the same time have the same sale open, or none, however old their news are: unless one of them
\* has not heard that its sale was closed.
IsOpen(s, t) == s # None /\ s.opens <= t /\ t < s.ends
OpenBy(st, t) == IF IsOpen(st.announced, t) THEN st.announced
                 ELSE IF IsOpen(st.open, t) THEN st.open ELSE None
Views == {Fold(SubSeq(log, 1, heard[n])) : n \in Nodes}
Same(a, b) == a.id = b.id
WasClosed(s) == \E x \in Opened : log[x][2].id = s.id /\ EndOf(x) < s.ends
NodesAgree == LET views == Views IN \A v, w \in views, t \in Times :
    LET a == OpenBy(v, t) b == OpenBy(w, t)
    IN  a # None /\ b # None /\ ~Same(a, b) => WasClosed(IF a.id < b.id THEN a ELSE b)

\* A node that has once heard of a closing does not go on with the sale again.
ClosedStaysClosed == [][\A n \in Nodes :
    LET old == Fold(SubSeq(log, 1, heard[n])) new == Fold(SubSeq(log, 1, heard'[n]))
    IN  old.last.id = new.last.id => new.last.ends <= old.last.ends]_vars

\* All nodes can hear of a closing before the sale ends: it has not ended, by the coordinator's clock, when it is written.
EndsLater == [][\A k \in Inc, now \in Times : Close(k, now) => log'[Len(log')][2] >= now + Notice]_vars

\* Witness: a sale is opened as announced, after another.
NeverAsAnnounced == \A x \in Opened : log[x][2].id = 1
                        \/ \A y \in 1..Len(log) : log[y] # <<"Announced", log[x][2]>>
\* Witness: an extra sale opens in the rest of a sale that was closed.
NeverInTheRest == \A x, y \in Opened : x < y /\ log[y][2].kind = "extra"
                        => EndOf(x) = log[x][2].ends \/ log[y][2].opens >= log[x][2].ends
\* Witness: nodes do differ while one has not heard.
AlwaysAgree == LET views == Views IN \A v, w \in views, t \in Times :
    OpenBy(v, t) # None /\ OpenBy(w, t) # None => Same(OpenBy(v, t), OpenBy(w, t))
=============================================================================
