#!/usr/bin/env bash
# cfn-lint 1.58.0 accepts any text as the schedule expression of AWS::Scheduler::Schedule.
#
# EventBridge Scheduler accepts rate(…), cron(…) and at(…) with certain units. It refuses the rest when the stack is deployed. cfn-lint
# checks the same expression of AWS::Events::Rule (E3027), so one expects the check here too.
set -euo pipefail
packages="cfn-lint==1.58.0"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check "$packages"
export PATH="$folder/python/bin:$PATH" AWS_DEFAULT_REGION=eu-west-1
lint() {
    sed "s/EXPRESSION/$1/" > "$folder/template.yaml"
    cfn-lint --regions eu-west-1 --template "$folder/template.yaml" | grep -o '^E[0-9]* .*' || true
}
scheduler() {
    lint "$1" <<'Y'
Resources:
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: EXPRESSION
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: "arn:aws:lambda:eu-west-1:123456789012:function:f", RoleArn: "arn:aws:iam::123456789012:role/r"}
Y
}
rule() {
    lint "$1" <<'Y'
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: EXPRESSION}
Y
}
echo "versions: $packages"
failed=0
for expression in "rate(5 fortnights)" "rate(1 minutes)" "every now and then"; do
    of_scheduler=$(scheduler "$expression") of_rule=$(rule "$expression")
    echo "$expression"
    echo "    in a Scheduler schedule: ${of_scheduler:-nothing}"
    echo "    in an Events rule:       ${of_rule:-nothing}"
    [ -z "$of_scheduler" ] && [ -n "$of_rule" ] || failed=1
done
[ "$failed" = 0 ] || { echo "it behaves in another way now"; exit 1; }
echo "as found: what is refused in a rule passes in a schedule"
