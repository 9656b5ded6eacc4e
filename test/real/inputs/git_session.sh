# A repository's life, with fixed names and dates, so that every hash can be compared.
# shellcheck shell=bash
set -eu
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='2020-01-01T00:00:00Z'
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org GIT_COMMITTER_DATE='2020-01-02T00:00:00Z'
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_PAGER=cat

git init -q -b trunk repo
cd repo
mkdir -p src doc
for i in {1..300}; do seq "$i" $((i * 3)) >"src/file$i.txt"; done
git add . && git commit -qm first
for round in {1..8}; do
  for i in {1..20}; do echo "round $round" >>"src/file$((i * round)).txt"; done
  git mv "src/file$((200 + round)).txt" "doc/moved$round.txt"
  git commit -qam "round $round"
done
git checkout -q -b side HEAD~3
echo side >doc/side.txt
echo conflict >>src/file20.txt
git add doc && git commit -qam side
git checkout -q trunk
git merge -q side -m merged || { git checkout -q --ours src/file20.txt && git commit -qam merged; }
git tag -a v1 -m 'version one'
git config gc.writeCommitGraph true
git config pack.threads 2
git gc -q --aggressive --prune=now
git repack -qadf --depth=20 --window=20
git fsck --strict 2>&1
git log --stat --oneline -M | md5sum
git log --graph --format='%h %p %d %s' | cat
git grep -c 'round [3-5]' | wc -l
git blame -s src/file20.txt | tail -3
git rev-list --objects --all | cut -d' ' -f1 | sort | md5sum
git diff HEAD~4 --word-diff | md5sum
git archive HEAD | md5sum

cd ..
git clone -q --no-local repo clone # through upload-pack and index-pack
git -C clone rev-parse HEAD v1 origin/side
git -C clone ls-files -s | md5sum
cd clone
git checkout -q -b more HEAD~2
echo more >doc/more.txt
git add doc && git commit -qm more
git rebase -q trunk
git rev-parse HEAD
git push -q origin more
git -C ../repo rev-parse more
git status --porcelain | wc -l
