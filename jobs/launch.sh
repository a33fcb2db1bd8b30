# shellcheck shell=bash
# What jobs/oneshot and jobs/cluster share: a Java that is new enough, and jars that are no older than their sources.
# They set `root`, the top of the repository, before they read this.

root=${root:?}
jar=$root/jobs/target/oneshot-jobs.jar
built=$root/jobs/target/built
build_log=$root/jobs/target/build.log
native_log=$root/jobs/target/native.log
spark_home=$root/jobs/target/spark-home

refuse() {
  printf '%s\n' "$*" >&2
  exit 1
}

# The commit of the sources, with a + where files have changed since; for manifests.
source_commit() {
  git -C "$root" describe --always --exclude '*' --abbrev=40 --dirty=+ 2>/dev/null || printf unknown
}

# Sets `java`.
find_java() {
  local version
  if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
    [ -x "$java" ] || refuse "Cannot start: JAVA_HOME is $JAVA_HOME, which holds no bin/java"
  else
    java=$(command -v java) || refuse 'Cannot start: no java on the PATH and no JAVA_HOME, a JDK 17 or later is needed'
  fi
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\)[^"]*".*/\2/p' | head -n 1)
  if [ -z "$version" ] || [ "$version" -lt 17 ]; then
    refuse "Cannot start: $java is Java ${version:-of no known version}, least is 17"
  fi
}

# The newer of the jar and the last build's stamp; a build that changes nothing leaves the jar as it was.
last_built() {
  if [ "$built" -nt "$jar" ]; then printf '%s' "$built"; else printf '%s' "$jar"; fi
}

stale() {
  # a build that was stopped in its tests has taken this project's own jars away
  [ -f "$jar" ] && [ -d "$spark_home/jars" ] || return 0
  [ -n "$(find "$spark_home/jars" -name 'oneshot-offline-*.jar' -print -quit)" ] || return 0
  [ -n "$(find "$root"/pom.xml "$root"/pipeline/*/pom.xml "$root"/jobs/pom.xml \
    "$root"/pipeline/*/src/main "$root"/jobs/src/main -newer "$(last_built)" -print -quit)" ]
}

build() {
  local why='sources changed' began=$root/jobs/target/building
  [ -f "$jar" ] || why='first run'
  command -v mvn >/dev/null || refuse 'Cannot build: no mvn on the PATH, Maven 3.8.7 or later is needed'
  [ -x "$(dirname "$(readlink -f "$java")")/javac" ] ||
    refuse "Cannot build: $java is a Java runtime without a compiler, a JDK 17 or later is needed"
  local pattern
  pattern=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$root")
  ! pgrep -f -- "-Dmaven\.multiModuleProjectDirectory=$pattern( |\$)" >/dev/null 2>&1 ||
    refuse "Cannot build: Maven is at work in $root, the same command works once it has ended"
  mkdir -p "$root/jobs/target" || refuse "Cannot build: $root/jobs/target cannot be written"
  touch "$began"
  printf 'Building (%s)…\n' "$why" >&2
  trap 'printf "%s\n" "Cannot build: interrupted; the same command builds anew" >&2; exit 130' INT
  if ! (cd "$root" && mvn -B -ntp -q -Dstyle.color=never -DskipTests -Dfast package) >"$build_log" 2>&1 9<&- </dev/null; then
    sed '/-> \[Help 1\]$/q' "$build_log" | tail -n 25 >&2
    refuse "Cannot build: Maven failed, the whole of its log is $build_log"
  fi
  trap - INT
  mv "$began" "$built"
}

# Builds what is missing or older than its sources, and then holds the jars for as long as this process (or the Java
# that replaces it) lives: a build must not pull them from under a run.
hold_jars() {
  if ! command -v flock >/dev/null; then
    if stale; then build; fi
    return
  fi
  exec 9<"$root/jobs/launch.sh"
  if stale; then
    if flock --exclusive --nonblock 9; then
      build
    elif flock --shared --nonblock 9; then
      [ -f "$jar" ] || refuse "Cannot build: another run holds the jars, and $jar is missing"
      printf 'Not built anew although sources changed: another run uses the jars\n' >&2
    else
      printf 'Waiting for another build…\n' >&2
    fi
  fi
  flock --shared 9
}
