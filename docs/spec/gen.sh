# KEYS names the keys of requests, for the lines that follow.
KEYS=
# These take more than some seconds: ModelIT leaves them to the profile chaos.
LARGE=" safe-race-more safe-race-redeliver safe-two-by-two safe-two-by-two-more safe-add safe-add-twins safe-key-add live-twins live-add live-drop-unasked 
 live-drop-take drop-take-and-closed drop-refused-closed drop-refused-single drop-unasked sales-safe-more sales-safe-extra-more sales-safe-both sales-safe-both-more "
comment(){ case "$LARGE" in *" $1 "*) echo "\\* large: $2";; *) echo "\\* $2";; esac; }
# NAME users items userInc itemInc limit attempts total reserves variant kind(check list)
g(){
{
comment "$1" "${12}"
[ "${11}" = live ] && echo "SPECIFICATION FairSpec" || echo "SPECIFICATION Spec"
cat <<EOT
CONSTANTS
    Users = {$2}
    Items = {$3}
    UserInc = {$4}
    ItemInc = {$5}
    Limit = $6
    MaxAttempts = $7
    MaxTotal = $8
    MaxReserves = $9
    Variant = {${10}}
    Keys = {$KEYS}
EOT
if [ "${11}" = live ]; then echo "PROPERTIES EveryHoldEnds EveryPurchaseIsSold"
else echo "SYMMETRY Symmetry"; echo "INVARIANTS ${11}"; fi
echo "CHECK_DEADLOCK FALSE"
} > cfg/$1.cfg
}
ALL="TypeOK I1 I2 OpenIsHeld OnceClosed I3 I5"
rm -f cfg/*
# the protocol: no error
g safe-race           "u1, u2" "i1"     "k1, k2" "j1"     1 2 3 1 "" "$ALL" "two users race for one item, split-brain users"
g safe-race-more      "u1, u2" "i1"     "k1, k2" "j1"     1 2 4 1 "" "$ALL" "the same, two attempts each"
g safe-race-redeliver "u1, u2" "i1"     "k1, k2" "j1"     1 2 3 2 "" "$ALL" "the same, every Reserve may be delivered again much later"
g safe-item-twins     "u1, u2" "i1"     "k1, k2" "j1, j2" 1 1 2 2 "" "$ALL" "split-brain users and split-brain item"
g safe-two-by-two     "u1, u2" "i1, i2" "k1, k2" "j1"     2 1 2 2 "" "$ALL" "two users, two items, all or nothing"
g safe-add            "u1"     "i1, i2" "k1"     "j1"     2 3 3 1 "" "$ALL" "adding to a checkout, three attempts, crashes"
g safe-add-twins      "u1"     "i1, i2" "k1, k2" "j1"     2 2 2 2 "" "$ALL" "adding to a checkout, split-brain user, redelivery"
g live-race           "u1, u2" "i1"     "k1"     "j1"     1 1 2 2 "" live "liveness, crashes, redelivery"
g live-add            "u1"     "i1, i2" "k1"     "j1"     2 2 2 1 "" live "liveness with additions"
g live-twins          "u1, u2" "i1"     "k1, k2" "j1"     1 1 2 1 "" live "liveness with split-brain users"
# what could be dropped: no error
g drop-take-race      "u1, u2" "i1"     "k1, k2" "j1"     1 2 3 1 '"s-no-take"' "$ALL" "no Take message"
g drop-take-add       "u1"     "i1, i2" "k1, k2" "j1"     2 2 2 1 '"s-no-take"' "$ALL" "no Take message"
g drop-refused-closed "u1"     "i1, i2" "k1, k2" "j1"     2 2 2 1 '"s-lean-refused"' "$ALL" "no Refused when the code is closed already"
g drop-refused-single "u1, u2" "i1"     "k1"     "j1, j2" 1 2 3 1 '"a-unknown", "e-take"' "$ALL" "no Refused at all: safe ONLY because no user has two incarnations here"
g drop-unasked        "u1, u2" "i1"     "k1, k2" "j1"     1 2 3 1 '"s-answers-only"' "$ALL" "Confirm and Release only as answers"
g live-drop-unasked   "u1"     "i1, i2" "k1"     "j1"     2 2 2 1 '"s-answers-only"' live "the same: slower, still live"
# interesting things happen: each must be violated
for w in NeverSold NeverTakenOverAndSold NeverSoldAfterRelease NeverBoughtWithAddition; do
g witness-$w "u1, u2" "i1, i2" "k1" "j1" 2 2 2 1 "" $w "must be violated: shows that it does happen"; done
# mutations: each must be violated
B="must be violated"
for v in a-open b-self-free h-rollback l-early-yes g-item-clock; do g bad-$v "u1, u2" "i1" "k1" "j1" 1 2 3 1 "\"$v\"" I1 "$B"; done
for v in a-unknown e-take i-user-fence p-catch-up; do g bad-$v "u1, u2" "i1" "k1, k2" "j1" 1 2 3 1 "\"$v\"" I1 "$B"; done
g bad-j-item-fence "u1, u2" "i1"     "k1"     "j1, j2" 1 1 2 1 '"j-item-fence"' I1 "$B"
g bad-o-reuse-hold "u1, u2" "i1"     "k1"     "j1"     1 1 2 1 '"o-reuse-hold"' I1 "$B"
g bad-c-by-code    "u1"     "i1, i2" "k1"     "j1"     2 3 3 1 '"c-by-code"' I2 "$B"
g bad-d-early-200  "u1"     "i1"     "k1"     "j1"     1 1 1 1 '"d-early-200"' I5 "$B"
g bad-f-limit      "u1"     "i1, i2" "k1"     "j1"     1 2 2 1 '"f-limit"' I3 "$B"
g bad-k-closed-add "u1"     "i1, i2" "k1"     "j1"     2 2 2 1 '"k-closed-add"' OnceClosed "$B"
g bad-gap-expired  "u1"     "i1"     "k1"     "j1"     1 1 1 1 '"gap-expired"' I5 "$B"
g bad-gap-unknown  "u1"     "i1"     "k1, k2" "j1"     1 1 1 1 '"gap-unknown"' I5 "$B"
g bad-live-no-timeout  "u1" "i1"     "k1"     "j1"     1 1 1 1 '"n-no-timeout"' live "$B"
g bad-live-no-question "u1" "i1"     "k1"     "j1"     1 1 1 1 '"n-no-question"' live "$B"
g drop-take-and-closed "u1" "i1, i2" "k1, k2" "j1"    2 2 2 2 '"s-no-take", "s-lean-refused"' "$ALL" "both simplifications together, with redelivery"
g live-drop-take      "u1, u2" "i1"     "k1"     "j1"     1 2 3 1 '"s-no-take", "s-lean-refused"' live "the same: still live"
g safe-two-by-two-more "u1, u2" "i1, i2" "k1, k2" "j1"    2 2 3 1 "" "$ALL" "the same, three attempts, split-brain users: about 5 minutes"
# keys: a repeat is the same request
KEYS="q1"; KALL="$ALL OncePerKey NotDenied"
g safe-key         "u1" "i1"     "k1, k2" "j1" 1 2 2 1 "" "$KALL" "a request is repeated, split-brain user"
g safe-key-add     "u1" "i1, i2" "k1, k2" "j1" 2 2 2 1 "" "$KALL" "the same with additions"
g bad-q-no-lookup  "u1" "i1"     "k1"     "j1" 1 2 2 1 '"q-no-lookup"' OncePerKey "$B"
g bad-gap-key      "u1" "i1"     "k1, k2" "j1" 1 2 2 1 '"gap-key"' NotDenied "$B"
# sales: NAME incarnations nodes maxTime maxSales wishes closings variant kind(check list) comment
sales(){
comment "$1" "${10}" > cfg/$1.cfg
cat >> cfg/$1.cfg <<EOT
SPECIFICATION Spec
CONSTANTS
    Inc = {$2}
    Nodes = {$3}
    Period = 2
    Ahead = 1
    Notice = 1
    MaxTime = $4
    MaxSales = $5
    MaxWishes = $6
    MaxClosings = $7
    Variant = {$8}
EOT
case "$9" in *StaysClosed|EndsLater) echo "PROPERTIES $9";; *) echo "INVARIANTS $9";; esac >> cfg/$1.cfg
echo "CHECK_DEADLOCK FALSE" >> cfg/$1.cfg
}
SALL="OneSalePerSlot NoOverlap Numbered OncePerSlot WishesAreKept KeepsItsWord NodesAgree"
sales sales-safe          "k1, k2" "n1, n2" 5 2 0 0 "" "$SALL" "split-brain coordinator, clocks that are set at will"
sales sales-safe-more     "k1, k2" "n1, n2" 7 3 0 0 "" "$SALL" "the same, one sale more"
sales sales-safe-extra    "k1, k2" "n1"     4 3 1 0 "" "$SALL" "an extra sale, split-brain coordinator"
sales sales-safe-extra-more "k1"   "n1"     6 3 2 0 "" "$SALL" "two extra sales"
sales sales-safe-closing  "k1, k2" "n1, n2" 4 2 0 1 "" "$SALL" "the open sale is closed"
sales sales-safe-both     "k1"     "n1, n2" 4 3 1 1 "" "$SALL" "an extra sale and a closing"
sales sales-safe-both-more "k1"    "n1"     7 4 2 2 "" "$SALL" "two of each"
sales sales-safe-stays    "k1"     "n1"     4 2 1 1 "" ClosedStaysClosed "what a node has heard of a closing"
sales sales-safe-later    "k1"     "n1"     4 2 1 1 "" EndsLater "nodes can hear of a closing before it happens"
sales sales-bad-fence     "k1, k2" "n1, n2" 5 2 0 0 '"fence"' OneSalePerSlot "$B"
sales sales-bad-by-clock  "k1"     "n1, n2" 5 3 0 0 '"by-clock"' NoOverlap "$B"
sales sales-bad-word      "k1"     "n1, n2" 5 3 0 0 '"word"' KeepsItsWord "$B"
sales sales-bad-reach     "k1"     "n1"     5 3 1 0 '"reach"' WishesAreKept "$B"
sales sales-bad-busy      "k1"     "n1"     5 3 1 0 '"busy"' WishesAreKept "$B"
sales sales-bad-resume    "k1"     "n1"     5 3 0 1 '"resume"' OncePerSlot "$B"
sales sales-bad-no-notice "k1"     "n1"     5 3 0 1 '"no-notice"' EndsLater "$B"
sales sales-bad-again     "k1"     "n1"     5 3 0 1 '"again"' ClosedStaysClosed "$B"
sales sales-witness-NeverAsAnnounced "k1" "n1, n2" 5 2 0 0 "" NeverAsAnnounced "must be violated: shows that it does happen"
sales sales-witness-NeverInTheRest "k1" "n1" 5 3 1 1 "" NeverInTheRest "must be violated: shows that it does happen"
sales sales-witness-AlwaysAgree "k1" "n1, n2" 5 3 1 1 "" AlwaysAgree "must be violated: shows that it does happen"
