------------------------------- MODULE Checkout -------------------------------
(***************************************************************************)
(* Holds, checkouts, purchases: the protocol between User and Item.        *)
(*                                                                         *)
(* One sale.  Each user and each item is an entity whose journal is the    *)
(* only durable truth.  Any entity may run as several INCARNATIONS at once *)
(* (split brain; also: an old incarnation whose INSERT is still on its way *)
(* while the new one has already replayed).  An incarnation knows a prefix *)
(* of the journal, and some volatile state.  It can append only if its     *)
(* prefix is the whole journal: that is (persistence_id, sequence_number)  *)
(* as the fence.                                                           *)
(*                                                                         *)
(* How the real world is folded into few variables:                        *)
(*                                                                         *)
(*  Crash     Recover forgets the volatile state and replays the journal.  *)
(*            Being down for a while is taking no step.  A write that the  *)
(*            fence rejects, and a write of unknown outcome, both end in   *)
(*            Recover (in the second case after the append).               *)
(*  Network   A message once sent may be delivered at any later time, any  *)
(*            number of times, in any order, to any incarnation, or never. *)
(*            So the network is a set that only grows, and a message that  *)
(*            follows from other variables need not be stored:             *)
(*              Reserve(h)     was sent when the attempt h was made,       *)
(*              its yes        was sent when the item journalled Reserved, *)
(*              its no         gives a user nothing but a reason to Abort, *)
(*                             which it may do at any time anyway,         *)
(*              Outcome(h)?    may be asked since the item has the hold,   *)
(*              Purchase(c)    may be asked since the client got the code. *)
(*            Stored are Release, Confirm, and Take (reserve in place of   *)
(*            an orphan).  The answer to Outcome IS a Confirm or a Release;*)
(*            "not yet" is silence.                                        *)
(*  Clocks    are not trusted at all: an item may ask and a user may find  *)
(*            a checkout expired, or not expired, at any moment, and may   *)
(*            change its mind.  What holds here holds for any skew.  It    *)
(*            also makes "expired" and "given up by the client" (DELETE)   *)
(*            one action, EndCheckout.                                     *)
(*                                                                         *)
(*  Keys      An Idempotency-Key names a request: whoever repeats it means    *)
(*            the same.  It stands in the event, so that a repeat is       *)
(*            answered from the log.                                       *)
(*  Sales     A user and an item are those of one sale.  The next sale has *)
(*            others, and these here go on as before: nothing that they do *)
(*            depends on whether their sale is over.  What depends on it   *)
(*            is in Sales.tla.                                             *)
(*                                                                         *)
(* Bounds: MaxAttempts per user, MaxTotal of all users, and MaxReserves of *)
(* one hold on one item (a Reserve that is delivered again, much later).   *)
(* With Variant = {} this is the protocol.  An element of Variant is one   *)
(* deviation from it: one letter from a to p, or gap: TLC must catch it    *)
(* (cfg/bad-...); s: must be harmless (cfg/drop-...); n: breaks liveness.  *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Users, Items,           \* sets of model values
    UserInc, ItemInc,       \* incarnations of each user / of each item
    Limit,                  \* holds + purchases of a user, at most
    MaxAttempts,            \* attempts to reserve, per user
    MaxTotal,               \* and of all users together
    Keys,                   \* of requests, a set of model values; {}: nobody uses any
    MaxReserves,            \* how often one hold may be journalled by one item
    Variant                 \* set of deviations from the protocol

ASSUME /\ {Limit, MaxAttempts, MaxTotal, MaxReserves} \subseteq Nat
       /\ Variant \subseteq
            { "a-open",         \* abort of an expired checkout answered without Released
              "a-unknown",      \* abort of an unknown hold answered without Refused
              "b-self-free",    \* item frees itself at expiry
              "c-by-code",      \* Confirm, Release compared by code, not by hold
              "d-early-200",    \* 200 before the commit
              "e-take",         \* takeover of an orphan without Refused
              "f-limit",        \* limit forgets what is pending
              "g-item-clock",   \* purchase asks the items instead of its own journal
              "h-rollback",     \* Release sent when the outcome of a write is unknown
              "i-user-fence", "j-item-fence",   \* no fence
              "k-closed-add",   \* items added to a checkout that is closed meanwhile
              "l-early-yes",    \* item answers Reserve before its commit
              "o-reuse-hold",   \* a retry reuses the hold id
              "p-catch-up",     \* after a conflict: replay, but keep what is pending
              "gap-expired",    \* client told "expired" by the clock alone
              "gap-key",        \* a repeat refused from a possibly stale prefix
              "q-no-lookup",    \* a repeat is taken for a new request
              "gap-unknown",    \* client told "unknown" from a possibly stale prefix
              "s-no-take",      \* no Take message: Refused, then Release and Reserve
              "s-lean-refused", \* no Refused for a hold whose code is closed already
              "s-answers-only", \* Confirm and Release only as answers: items learn by asking
              "n-no-timeout",   \* an attempt need not end
              "n-no-question" } \* items do not ask

On(v) == v \in Variant

VARIABLES
    userLog,    \* [Users -> Seq(<<event, hold or code>>)]          durable
    itemLog,    \* [Items -> Seq(<<event, user, hold>>)]            durable
    userKnows,  \* [Users -> [UserInc -> Nat]]  length of the known prefix
    itemKnows,  \* [Items -> [ItemInc -> Nat]]
    pending,    \* [Users -> [UserInc -> SUBSET Nat]]  attempts in progress, volatile
    attempts,   \* [Users -> Seq([items, code, key])]  every attempt ever made (see below)
    msgs,       \* the network
    told        \* what clients were answered

vars == <<userLog, itemLog, userKnows, itemKnows, pending, attempts, msgs, told>>

(***************************************************************************)
(* An attempt h of a user is one try to reserve some items at once.  Its   *)
(* number is the hold id: new for every attempt, never used again (in the  *)
(* program it is random).  The code of a checkout is the number of its     *)
(* first attempt; attempts that add items carry the code of the checkout.  *)
(* attempts[u] only stands for the contents of the messages that were sent.*)
(***************************************************************************)
HoldItems(u, h) == attempts[u][h].items
Code(u, h)      == attempts[u][h].code
Key(u, h)       == attempts[u][h].key
Made(u)         == 1..Len(attempts[u])
NoKey           == "none"

Has(log, e) == \E x \in 1..Len(log) : log[x] = e

(* ------------------------- folds over a user's log -------------------------- *)
CheckedOut(log, h) == Has(log, <<"CheckedOut", h>>)
Purchased(log, c)  == Has(log, <<"Purchased", c>>)
Released(log, c)   == Has(log, <<"Released", c>>)
Refused(log, h)    == Has(log, <<"Refused", h>>)
Closed(log, c)     == Purchased(log, c) \/ Released(log, c)
Open(log, c)       == CheckedOut(log, c) /\ ~Closed(log, c)     \* c is a code
Codes(u)           == {c \in Made(u) : Code(u, c) = c}
HoldsOf(u, log, c) == {h \in Made(u) : CheckedOut(log, h) /\ Code(u, h) = c}

Done(u, log, q)    == {h \in Made(u) : Key(u, h) = q /\ CheckedOut(log, h)}

\* The hold is durably dead: no incarnation can ever buy with it.
Dead(u, log, h) ==
    \/ Refused(log, h)
    \/ CheckedOut(log, h) /\ Released(log, Code(u, h))
    \/ On("s-lean-refused") /\ ~CheckedOut(log, h) /\ Closed(log, Code(u, h))

RECURSIVE Sum(_, _)
Sum(u, hs) == IF hs = {} THEN 0
              ELSE LET h == CHOOSE x \in hs : TRUE
                   IN  Cardinality(HoldItems(u, h)) + Sum(u, hs \ {h})

TotalMade == Cardinality(UNION {{<<u, h>> : h \in Made(u)} : u \in Users})

LiveHolds(u, log) == {h \in Made(u) : CheckedOut(log, h) /\ ~Released(log, Code(u, h))}
Count(u, log)     == Sum(u, LiveHolds(u, log))                \* holds + purchases

(* ------------------------- folds over an item's log ------------------------- *)
Free == <<"Free">>
State(log) == IF log = <<>> \/ log[Len(log)][1] = "Released" THEN Free ELSE log[Len(log)]
Times(log, e) == Cardinality({x \in 1..Len(log) : log[x] = e})

(* ------------------------------- incarnations ------------------------------- *)
UserView(u, k) == SubSeq(userLog[u], 1, userKnows[u][k])
ItemView(i, k) == SubSeq(itemLog[i], 1, itemKnows[i][k])
UserFence(u, k) == userKnows[u][k] = Len(userLog[u]) \/ On("i-user-fence")
ItemFence(i, k) == itemKnows[i][k] = Len(itemLog[i]) \/ On("j-item-fence")

AppendUser(u, k, e) ==
    /\ UserFence(u, k)
    /\ userLog' = [userLog EXCEPT ![u] = Append(@, e)]
    /\ userKnows' = [userKnows EXCEPT ![u][k] = Len(userLog[u]) + 1]
AppendItem(i, k, e) ==
    /\ ItemFence(i, k)
    /\ itemLog' = [itemLog EXCEPT ![i] = Append(@, e)]
    /\ itemKnows' = [itemKnows EXCEPT ![i][k] = Len(itemLog[i]) + 1]

(* --------------------------------- messages --------------------------------- *)
Msg(t, u, h, i)  == <<t, u, h, i>>
ToAll(t, u, hs)  == UNION {{Msg(t, u, h, i) : i \in HoldItems(u, h)} : h \in hs}
Tidings(t, u, hs) == IF On("s-answers-only") THEN {} ELSE ToAll(t, u, hs)   \* unasked
SaidYes(u, h, i) == Has(itemLog[i], <<"Reserved", u, h>>) \/ Msg("EarlyYes", u, h, i) \in msgs
AskedAbout(u, h) == \E i \in HoldItems(u, h) : Has(itemLog[i], <<"Reserved", u, h>>)
Tell(answers)    == told' = told \cup answers

Init ==
    /\ userLog   = [u \in Users |-> <<>>]
    /\ itemLog   = [i \in Items |-> <<>>]
    /\ userKnows = [u \in Users |-> [k \in UserInc |-> 0]]
    /\ itemKnows = [i \in Items |-> [k \in ItemInc |-> 0]]
    /\ pending   = [u \in Users |-> [k \in UserInc |-> {}]]
    /\ attempts  = [u \in Users |-> <<>>]
    /\ msgs = {} /\ told = {}

itemVars == <<itemLog, itemKnows>>

(***************************************************************************)
(* The user                                                                *)
(***************************************************************************)

\* 1. A client wants items, under a new code or added to an open checkout.
\*    Items that the user has already, or is getting, are refused at once.
\*    A repeat of a request that is done is answered from the log, which changes
\*    nothing; one that is under way is refused.
Start(u, k, S, c, q) ==
    LET view == UserView(u, k)
        h    == Len(attempts[u]) + 1
        busy == IF On("f-limit") THEN 0 ELSE Sum(u, pending[u][k])
        mine == UNION {HoldItems(u, x) : x \in LiveHolds(u, view) \cup pending[u][k]}
    IN  /\ h <= MaxAttempts /\ TotalMade < MaxTotal
        /\ c = h \/ (c \in Codes(u) /\ Open(view, c))
        /\ \A x \in Made(u) : q # NoKey /\ Key(u, x) = q => HoldItems(u, x) = S
        /\ \/ q = NoKey \/ On("q-no-lookup")
           \/ Done(u, view, q) = {} /\ \A x \in pending[u][k] : Key(u, x) # q
        /\ S \cap mine = {}
        /\ Count(u, view) + busy + Cardinality(S) <= Limit
        /\ attempts' = [attempts EXCEPT ![u] = Append(@, [items |-> S, code |-> c, key |-> q])]
        /\ pending'  = [pending EXCEPT ![u][k] = @ \cup {h}]
        /\ Tell(IF On("d-early-200") THEN {<<"checkedOut", u, h>>} ELSE {})
        /\ UNCHANGED <<userLog, userKnows, itemVars, msgs>>

\*    All items said yes: commit, then 200.  An addition commits only if its
\*    checkout is still open NOW (it may have been bought or ended meanwhile).
Commit(u, k, h) ==
    h \in pending[u][k] /\
    LET c == Code(u, h)
    IN  /\ \A i \in HoldItems(u, h) : SaidYes(u, h, i)
        /\ c = h \/ Open(UserView(u, k), c) \/ On("k-closed-add")
        /\ AppendUser(u, k, <<"CheckedOut", h>>)
        /\ pending' = [pending EXCEPT ![u][k] = @ \ {h}]
        /\ Tell({<<"checkedOut", u, h>>})
        /\ UNCHANGED <<itemVars, attempts, msgs>>

\*    One item said no, or the time for answers is over: forget the attempt
\*    FIRST, then tell the items.  Never done because a write failed.
Abort(u, k, h) ==
    /\ h \in pending[u][k]
    /\ pending' = [pending EXCEPT ![u][k] = @ \ {h}]
    /\ msgs' = msgs \cup Tidings("Release", u, {h})
    /\ UNCHANGED <<userLog, userKnows, itemVars, attempts, told>>

\* 2. Purchase.  The commit is the purchase.
Purchase(u, k, c) ==
    c \in Codes(u) /\
    LET view  == UserView(u, k)
        holds == HoldsOf(u, view, c)
    IN  /\ CheckedOut(view, c) /\ ~Purchased(view, c)
        /\ IF On("g-item-clock")
           THEN \A h \in holds : ToAll("StillHeld", u, {h}) \subseteq msgs
           ELSE ~Released(view, c)
        /\ <<"checkedOut", u, c>> \in told                  \* the client has the code
        /\ AppendUser(u, k, <<"Purchased", c>>)
        /\ msgs' = msgs \cup Tidings("Confirm", u, holds)
        /\ Tell({<<"bought", u, c>>})
        /\ UNCHANGED <<itemVars, pending, attempts>>

\* 3. The checkout is over: expired by this incarnation's clock (found out by an
\*    item's question or by a purchase that comes too late), or given up.
\*    Released first; then the items, and the client, may be told.
EndCheckout(u, k, c) ==
    c \in Codes(u) /\
    LET view == UserView(u, k)
    IN  /\ Open(view, c)
        /\ AppendUser(u, k, <<"Released", c>>)
        /\ msgs' = msgs \cup Tidings("Release", u, HoldsOf(u, view, c))
        /\ Tell({<<"notBought", u, c>>})
        /\ UNCHANGED <<itemVars, pending, attempts>>

\*    An item asks about a hold that this incarnation does not know (neither
\*    pending here nor in its log), or has one in the way of a new attempt.
RefuseHold(u, k, h) ==
    h \in Made(u) /\
    LET view == UserView(u, k)
    IN  /\ AskedAbout(u, h)
        /\ h \notin pending[u][k]
        /\ ~CheckedOut(view, h)
        /\ ~Dead(u, view, h)
        /\ AppendUser(u, k, <<"Refused", h>>)
        /\ msgs' = msgs \cup ToAll("Release", u, {h})
        /\ UNCHANGED <<itemVars, pending, attempts, told>>

\*    Answer from the log alone, nothing to write: what was durable stays true,
\*    so that even a stale incarnation may say it.
Answer(u, k, h) ==
    h \in Made(u) /\
    LET view == UserView(u, k)
    IN  /\ AskedAbout(u, h)
        /\ \/ /\ Dead(u, view, h)
              /\ msgs' = msgs \cup ToAll("Release", u, {h})
           \/ /\ CheckedOut(view, h) /\ Purchased(view, Code(u, h))
              /\ msgs' = msgs \cup ToAll("Confirm", u, {h})
        /\ UNCHANGED <<userLog, userKnows, itemVars, pending, attempts, told>>

\*    Takeover: h wants an item that says "held by your hold o".  Only when o is
\*    durably dead (RefuseHold comes first, if need be).
Takeover(u, k, h, o, i) ==
    /\ ~On("s-no-take")
    /\ h \in pending[u][k] /\ i \in HoldItems(u, h)
    /\ o \in Made(u) \ {h} /\ i \in HoldItems(u, o) /\ Has(itemLog[i], <<"Reserved", u, o>>)
    /\ \/ Dead(u, UserView(u, k), o)
       \/ On("e-take") /\ o \notin pending[u][k] /\ ~CheckedOut(UserView(u, k), o)
    /\ msgs' = msgs \cup {<<"Take", u, h, i, o>>}
    /\ UNCHANGED <<userLog, userKnows, itemVars, pending, attempts, told>>

\*    A client asks to buy or to give up a code that this incarnation does not know.
\*    It may say so only when it has made sure, by reading the length of the journal,
\*    that it is not the stale one: who has a code got it after CheckedOut.
SayUnknown(u, k, c) ==
    /\ c \in Codes(u)
    /\ ~CheckedOut(UserView(u, k), c)
    /\ <<"checkedOut", u, c>> \in told
    /\ userKnows[u][k] = Len(userLog[u]) \/ On("gap-unknown")
    /\ Tell({<<"notBought", u, c>>})
    /\ UNCHANGED <<userLog, userKnows, itemVars, pending, attempts, msgs>>

\*    A request is refused for what the log says: the limit, an item that the user
\*    has already.  If it may be a repeat, only when the log is not a stale one.
Deny(u, k, q) ==
    /\ \E h \in Made(u) : Key(u, h) = q
    /\ Done(u, UserView(u, k), q) = {}
    /\ \A h \in pending[u][k] : Key(u, h) # q
    /\ userKnows[u][k] = Len(userLog[u]) \/ On("gap-key")
    /\ Tell({<<"denied", u, q, Len(userLog[u])>>})
    /\ UNCHANGED <<userLog, userKnows, itemVars, pending, attempts, msgs>>

\* 4. Crash (or a lost write) and recovery.
RecoverUser(u, k) ==
    /\ userKnows[u][k] < Len(userLog[u]) \/ pending[u][k] # {}
    /\ userKnows' = [userKnows EXCEPT ![u][k] = Len(userLog[u])]
    /\ pending'   = [pending EXCEPT ![u][k] = IF On("p-catch-up") THEN @ ELSE {}]
    /\ UNCHANGED <<userLog, itemVars, attempts, msgs, told>>

(***************************************************************************)
(* The item                                                                *)
(***************************************************************************)
Matches(i, k, u, h) ==        \* is the item held by this very hold?
    LET s == State(ItemView(i, k))
    IN  /\ s[1] = "Reserved" /\ s[2] = u
        /\ IF On("c-by-code") THEN Code(u, s[3]) = Code(u, h) ELSE s[3] = h

Reserve(i, k, u, h) ==
    /\ h \in Made(u)
    /\ i \in HoldItems(u, h)
    /\ State(ItemView(i, k)) = Free
    /\ Times(itemLog[i], <<"Reserved", u, h>>) < MaxReserves
    /\ AppendItem(i, k, <<"Reserved", u, h>>)
    /\ UNCHANGED <<userLog, userKnows, pending, attempts, msgs, told>>

TakeOver(i, k, u, h, o) ==
    /\ <<"Take", u, h, i, o>> \in msgs
    /\ Matches(i, k, u, o)
    /\ Times(itemLog[i], <<"Reserved", u, h>>) < MaxReserves
    /\ AppendItem(i, k, <<"Reserved", u, h>>)
    /\ UNCHANGED <<userLog, userKnows, pending, attempts, msgs, told>>

Sell(i, k, u, h) ==
    /\ Msg("Confirm", u, h, i) \in msgs
    /\ Matches(i, k, u, h)
    /\ AppendItem(i, k, <<"Sold", u, State(ItemView(i, k))[3]>>)
    /\ UNCHANGED <<userLog, userKnows, pending, attempts, msgs, told>>

Release(i, k, u, h) ==
    /\ Msg("Release", u, h, i) \in msgs \/ On("b-self-free")
    /\ Matches(i, k, u, h)
    /\ AppendItem(i, k, <<"Released", u, State(ItemView(i, k))[3]>>)
    /\ UNCHANGED <<userLog, userKnows, pending, attempts, msgs, told>>

RecoverItem(i, k) ==
    /\ itemKnows[i][k] < Len(itemLog[i])
    /\ itemKnows' = [itemKnows EXCEPT ![i][k] = Len(itemLog[i])]
    /\ UNCHANGED <<userLog, itemLog, userKnows, pending, attempts, msgs, told>>

(***************************************************************************)
(* Deviations that need an action of their own                             *)
(***************************************************************************)
Say(ms, ts) == /\ msgs' = msgs \cup ms
               /\ told' = told \cup ts
               /\ UNCHANGED <<userLog, itemLog, userKnows, itemKnows, pending, attempts>>

Deviation(u, k, h) ==
    h \in Made(u) /\
    LET view == UserView(u, k) IN
    \/ /\ On("a-open") /\ CheckedOut(view, h) /\ Open(view, Code(u, h))
       /\ Say(ToAll("Release", u, {h}), {})
    \/ /\ On("a-unknown") /\ AskedAbout(u, h) /\ h \notin pending[u][k] /\ ~CheckedOut(view, h)
       /\ Say(ToAll("Release", u, {h}), {})
    \/ /\ On("d-early-200") /\ h \in Codes(u) /\ Open(view, h)
       /\ Say({}, {<<"bought", u, h>>})
    \/ /\ On("h-rollback") /\ h \in pending[u][k]         \* the append worked, but who knows
       /\ \A i \in HoldItems(u, h) : SaidYes(u, h, i)
       /\ AppendUser(u, k, <<"CheckedOut", h>>)
       /\ pending' = [pending EXCEPT ![u][k] = {}]
       /\ msgs' = msgs \cup ToAll("Release", u, {h})
       /\ Tell({<<"checkedOut", u, h>>})                   \* a repeated request finds it
       /\ UNCHANGED <<itemVars, attempts>>
    \/ /\ On("gap-expired") /\ h \in Codes(u) /\ Open(view, h) /\ <<"checkedOut", u, h>> \in told
       /\ Say({}, {<<"notBought", u, h>>})
    \/ /\ On("o-reuse-hold") /\ ~CheckedOut(view, h) /\ ~Dead(u, view, h)
       /\ pending' = [pending EXCEPT ![u][k] = @ \cup {h}]
       /\ UNCHANGED <<userLog, userKnows, itemVars, attempts, msgs, told>>
    \/ /\ On("l-early-yes")
       /\ \E i \in HoldItems(u, h), j \in ItemInc :
            State(ItemView(i, j)) = Free /\ Say({Msg("EarlyYes", u, h, i)}, {})
    \/ /\ On("g-item-clock")
       /\ \E i \in HoldItems(u, h), j \in ItemInc :
            Matches(i, j, u, h) /\ Say({Msg("StillHeld", u, h, i)}, {})

Holds == 1..MaxAttempts

Next ==
    \/ \E u \in Users, k \in UserInc :
         \/ \E S \in (SUBSET Items) \ {{}}, c \in Holds, q \in Keys \cup {NoKey} :
              Start(u, k, S, c, q)
         \/ \E q \in Keys : Deny(u, k, q)
         \/ \E h \in Holds : Commit(u, k, h)
         \/ \E h \in Holds : Abort(u, k, h)
         \/ \E c \in Holds : Purchase(u, k, c)
         \/ \E c \in Holds : EndCheckout(u, k, c)
         \/ \E h \in Holds : RefuseHold(u, k, h)
         \/ \E h \in Holds : Answer(u, k, h)
         \/ \E h, o \in Holds, i \in Items : Takeover(u, k, h, o, i)
         \/ \E c \in Holds : SayUnknown(u, k, c)
         \/ RecoverUser(u, k)
         \/ \E h \in Holds : Deviation(u, k, h)
    \/ \E i \in Items, k \in ItemInc :
         \/ \E u \in Users, h \in Holds : Reserve(i, k, u, h)
         \/ \E u \in Users, h, o \in Holds : TakeOver(i, k, u, h, o)
         \/ \E u \in Users, h \in Holds : Sell(i, k, u, h)
         \/ \E u \in Users, h \in Holds : Release(i, k, u, h)
         \/ RecoverItem(i, k)

Spec == Init /\ [][Next]_vars

(***************************************************************************)
(* Invariants                                                              *)
(***************************************************************************)
TypeOK ==
    /\ \A u \in Users, k \in UserInc : /\ userKnows[u][k] <= Len(userLog[u])
                                       /\ pending[u][k] \subseteq Made(u)
    /\ \A i \in Items, k \in ItemInc : itemKnows[i][k] <= Len(itemLog[i])

\* All <<u, h>> whose checkout is bought and contains item i
Buyers(i) == {<<u, h>> \in UNION {{<<u, h>> : h \in Made(u)} : u \in Users} :
                  /\ i \in HoldItems(u, h)
                  /\ CheckedOut(userLog[u], h)
                  /\ Purchased(userLog[u], Code(u, h))}

\* I1  Sold at most once, only to a user whose journal has Purchased with that hold,
\*     and nobody else has bought the item.
I1 == \A i \in Items :
        LET sold == {x \in 1..Len(itemLog[i]) : itemLog[i][x][1] = "Sold"}
        IN  /\ Cardinality(sold) <= 1
            /\ \A x \in sold : <<itemLog[i][x][2], itemLog[i][x][3]>> \in Buyers(i)
            /\ Cardinality(Buyers(i)) <= 1

\* I2' A bought item is held by, or sold to, exactly the hold that bought it.
I2 == \A i \in Items : \A b \in Buyers(i) :
        LET s == State(itemLog[i]) IN s[1] \in {"Reserved", "Sold"} /\ <<s[2], s[3]>> = b

\* What makes I2' inductive: the same is true of every hold of an open checkout.
OpenIsHeld == \A u \in Users : \A h \in Made(u) :
        (CheckedOut(userLog[u], h) /\ ~Closed(userLog[u], Code(u, h)))
            => \A i \in HoldItems(u, h) : State(itemLog[i]) = <<"Reserved", u, h>>

\* A checkout is closed once: bought or released, never both; nothing joins it afterwards.
OnceClosed == \A u \in Users : \A c \in Made(u) :
        /\ ~(Purchased(userLog[u], c) /\ Released(userLog[u], c))
        /\ \A x, y \in 1..Len(userLog[u]) :
             (userLog[u][x] \in {<<"Purchased", c>>, <<"Released", c>>} /\ x < y)
                => /\ userLog[u][y] \notin {<<"Purchased", c>>, <<"Released", c>>}
                   /\ \A h \in Made(u) : Code(u, h) = c => userLog[u][y] # <<"CheckedOut", h>>

\* I3  The limit.
I3 == \A u \in Users : Count(u, userLog[u]) <= Limit

\* I5  What a client was told is durable; "not bought" stays true.  (A client repeats its
\*     request for a code, and the network does too: all of it is one request here.)
I5 == \A t \in told :
        /\ t[1] = "checkedOut" => CheckedOut(userLog[t[2]], t[3])
        /\ t[1] = "bought"     => Purchased(userLog[t[2]], t[3])
        /\ t[1] = "notBought"  => ~Purchased(userLog[t[2]], t[3])

\* R9  A request checks out once, however often it is repeated, and nobody who repeats it
\*     is told no while what it has checked out lives.
OncePerKey == \A u \in Users : \A q \in Keys : Cardinality(Done(u, userLog[u], q)) <= 1
NotDenied == \A t \in told : t[1] = "denied" =>
        LET log == SubSeq(userLog[t[2]], 1, t[4])
        IN  \A h \in Done(t[2], log, t[3]) : Released(log, Code(t[2], h))

Safe == OncePerKey /\ NotDenied /\ TypeOK /\ I1 /\ I2 /\ OpenIsHeld /\ OnceClosed /\ I3 /\ I5

(***************************************************************************)
(* Liveness.  Fair: an attempt ends, a checkout ends, a question is asked  *)
(* again until it is answered, an item does what it is told, a stale       *)
(* incarnation finds out.  Nothing else needs to happen: not Start,        *)
(* Commit, Purchase, Reserve; nor any message that is sent but once (that  *)
(* is Variant s-answers-only).                                             *)
(***************************************************************************)
Fairness ==
    /\ \A u \in Users, k \in UserInc :
         /\ WF_vars(RecoverUser(u, k) /\ userKnows[u][k] < Len(userLog[u]))
         /\ \A h \in Holds :
              /\ On("n-no-timeout")  \/ WF_vars(Abort(u, k, h))
              /\ On("n-no-question") \/ WF_vars(RefuseHold(u, k, h))
              /\ On("n-no-question") \/ WF_vars(Answer(u, k, h))
              /\ WF_vars(EndCheckout(u, k, h))
    /\ \A i \in Items, k \in ItemInc :
         /\ WF_vars(RecoverItem(i, k))
         /\ \A u \in Users, h \in Holds :
              /\ WF_vars(Sell(i, k, u, h))
              /\ WF_vars(Release(i, k, u, h))

FairSpec == Spec /\ Fairness

\* I7 (without the clock)  Every hold ends.    I2  Every bought item is sold to its buyer.
EveryHoldEnds == \A i \in Items, u \in Users, h \in Holds :
        (State(itemLog[i]) = <<"Reserved", u, h>>) ~> (State(itemLog[i]) # <<"Reserved", u, h>>)
EveryPurchaseIsSold == \A i \in Items, u \in Users, h \in Holds :
        (<<u, h>> \in Buyers(i)) ~> (State(itemLog[i]) = <<"Sold", u, h>>)

(***************************************************************************)
(* Witnesses: the interesting things do happen.  TLC must find each of     *)
(* these false.                                                            *)
(***************************************************************************)
NeverSold == \A i \in Items : State(itemLog[i])[1] # "Sold"
NeverTakenOverAndSold == \A i \in Items : \A x, y \in 1..Len(itemLog[i]) :
        (itemLog[i][x][1] = "Sold" /\ y + 1 < x)
            => ~(itemLog[i][y][1] = "Reserved" /\ itemLog[i][y + 1][1] = "Reserved")
NeverSoldAfterRelease == \A i \in Items : \A x, y \in 1..Len(itemLog[i]) :
        ~(itemLog[i][x][1] = "Released" /\ itemLog[i][y][1] = "Sold")
NeverBoughtWithAddition == \A u \in Users : \A h \in Made(u) :
        CheckedOut(userLog[u], h) /\ Code(u, h) # h => ~Purchased(userLog[u], Code(u, h))

Symmetry == Permutations(Users) \cup Permutations(Items)
            \cup Permutations(UserInc) \cup Permutations(ItemInc)
=============================================================================
