--------------------------------- MODULE Sales ---------------------------------
(***************************************************************************)
(* Sales: the coordinator opens one per slot, for all nodes.               *)
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
    Variant         \* deviations, as in Checkout.tla

ASSUME Variant \subseteq
    { "fence",      \* no fence
      "by-clock",   \* a sale ends when the clock shows another slot
      "word" }      \* what was announced is not looked at when a sale is opened

On(v) == v \in Variant

VARIABLES
    log,            \* Seq(<<event, sale>>)     durable
    knows,          \* [Inc -> Nat]             length of the known prefix
    heard           \* [Nodes -> Nat]           length of the prefix that a node was told of

vars == <<log, knows, heard>>

None == [id |-> 0, slot |-> 0, opens |-> 0, ends |-> 0]
Times == 0..MaxTime
SlotAt(t) == (t \div Period) * Period

(* The sale of the slot of this time; never the slot of the one before. *)
Sale(id, before, opens) ==
    LET end  == SlotAt(opens) + Period
        slot == IF before # None /\ before.ends > SlotAt(opens) THEN before.ends ELSE SlotAt(opens)
    IN  [id |-> id, slot |-> slot, opens |-> opens, ends |-> end]

(* ------------------------------ folds over the log ------------------------------ *)
Last(es, t) == LET xs == {x \in 1..Len(es) : es[x][1] = t}
               IN  IF xs = {} THEN None
                   ELSE es[CHOOSE x \in xs : \A y \in xs : y <= x][2]
Open(es) == LET s == Last(es, "Opened") IN IF Last(es, "Closed") = s THEN None ELSE s
Announced(es) == LET s == Last(es, "Announced")
                 IN  IF s.id > Last(es, "Opened").id THEN s ELSE None
LastId(es) == IF Announced(es) # None THEN Announced(es).id ELSE Last(es, "Opened").id

(***************************************************************************)
(* The coordinator                                                         *)
(***************************************************************************)
Append1(k, events) ==
    /\ knows[k] = Len(log) \/ On("fence")
    /\ log' = log \o events
    /\ knows' = [knows EXCEPT ![k] = Len(log')]
    /\ UNCHANGED heard

Closing(s) == IF s = None THEN <<>> ELSE << <<"Closed", s>> >>

Due(k, now) ==
    LET view == SubSeq(log, 1, knows[k])
        open == Open(view)
        next == IF On("word") THEN None ELSE Announced(view)
        new  == (IF On("word") THEN Last(view, "Opened").id ELSE LastId(view)) + 1
        over == IF On("by-clock") THEN SlotAt(now) # open.slot ELSE now >= open.ends
    IN  /\ Cardinality({x \in 1..Len(log) : log[x][1] = "Opened"}) < MaxSales
        /\ \/ /\ next # None /\ now >= next.opens
              /\ Append1(k, Closing(open) \o << <<"Opened", next>> >>)
           \/ /\ next = None
              /\ open = None \/ over
              /\ Append1(k, Closing(open) \o << <<"Opened", Sale(new, open, now)>> >>)
           \/ /\ next = None
              /\ open # None /\ ~over /\ now + Ahead >= open.ends
              /\ open.ends <= MaxTime
              /\ Append1(k, << <<"Announced", Sale(new, open, open.ends)>> >>)

Recover(k) ==
    /\ knows[k] < Len(log)
    /\ knows' = [knows EXCEPT ![k] = Len(log)]
    /\ UNCHANGED <<log, heard>>

(* A node hears an answer, unless it has heard of a later sale already. *)
Hear(n, p) ==
    /\ p \in 0..Len(log)
    /\ Open(SubSeq(log, 1, p)) # None
    /\ Open(SubSeq(log, 1, p)).id >= Open(SubSeq(log, 1, heard[n])).id
    /\ heard' = [heard EXCEPT ![n] = p]
    /\ UNCHANGED <<log, knows>>

Init == log = <<>> /\ knows = [k \in Inc |-> 0] /\ heard = [n \in Nodes |-> 0]

Next == \/ \E k \in Inc : Recover(k) \/ \E now \in Times : Due(k, now)
        \/ \E n \in Nodes, p \in 0..Len(log) : Hear(n, p)

Spec == Init /\ [][Next]_vars

(***************************************************************************)
(* Invariants                                                              *)
(***************************************************************************)
Opened == {x \in 1..Len(log) : log[x][1] = "Opened"}

\* I6
OneSalePerSlot == \A x, y \in Opened : x # y => log[x][2].slot # log[y][2].slot
NoOverlap == \A x, y \in Opened : x < y => log[x][2].ends <= log[y][2].opens
Numbered == \A x, y \in Opened : x < y => log[x][2].id < log[y][2].id

\* What was announced is what is opened: nodes open it without asking again.
KeepsItsWord == \A x, y \in 1..Len(log) :
    (log[x][1] = "Announced" /\ log[y][1] = "Opened" /\ log[x][2].id = log[y][2].id)
        => log[x][2] = log[y][2]

\* Nodes with the same time have the same sale open, or none, however old their news are.
IsOpen(s, t) == s # None /\ s.opens <= t /\ t < s.ends
OpenOn(n, t) == LET es == SubSeq(log, 1, heard[n])
                IN  IF IsOpen(Announced(es), t) THEN Announced(es)
                    ELSE IF IsOpen(Open(es), t) THEN Open(es) ELSE None
NodesAgree == \A n, m \in Nodes, t \in Times :
    OpenOn(n, t) # None /\ OpenOn(m, t) # None => OpenOn(n, t) = OpenOn(m, t)

\* Witness: a sale is opened as announced, after another.
NeverAsAnnounced == \A x \in Opened : log[x][2].id = 1
                        \/ \A y \in 1..Len(log) : log[y] # <<"Announced", log[x][2]>>
=============================================================================
