# SPDX-License-Identifier: MIT
# Counts the code that is reached from ENTRIES (`a+b`) of the file HOME, or from what its table of type TABLE names:
#   awk -v language=c|rust -v home=FILE -v entries=NAMES|table=TYPE -f effort.awk TAGS SOURCE...
# TAGS are what ctags says of all SOURCEs, as name;kind;file;line;scope;type. Prints "count value" lines.
#
# Reached is what is named: in C by a call, or handed over as a value; in Rust by a call, as a method of whatever type
# has one of that name, or as the `drop` of a type. Names that are not defined in the SOURCEs are somebody else's.

FNR == 1 { file++ }
file == 1 {
        split($0, tag, ";")
        if (tag[2] == "member" && (tag[1] == "at" || tag[1] == "action"))
                is_place[last_word(tag[6])] = 1
        else if (tag[2] == "enumerator")
                enum_of[tag[1]] = enum_of[tag[1]] " " last_word(tag[5])
        else if (tag[2] != "member")
                def_at[tag[3], tag[4]] = tag[1] ";" tag[5] (tag[2] == "macro" ? "!" : "")
        next
}
FNR == 1 { in_comment = in_string = open = 0; current = "" }
{
        text = without_comments($0)
        if ((FILENAME, FNR) in def_at && !current)
                begins(def_at[FILENAME, FNR])
        if (current)
                continues(text)
        else if (table != "" && FILENAME == home)
                reads_table(text)
}
END {
        if (table != "")
                enter_named(in_table)
        else
                enter()
        for (at = 1; at <= reached; at++)
                refers(queue[at])
        report()
        if (dump) for (i = 1; i <= reached; i++) printf " %s.%s:%d", scope_of[queue[i]], name_of[queue[i]], lines[queue[i]]
}

function last_word(s) { sub(/ *\**$/, "", s); sub(/^.*[: ]/, "", s); return s }

# LINE without what is in comments and quotes. Both may go on in the next line.
function without_comments(line,   out, two) {
        while (line != "") {
                two = substr(line, 1, 2)
                if (in_comment) {
                        if (!(at_end = index(line, "*/")))
                                return out
                        line = substr(line, at_end + 2)
                        in_comment = 0
                } else if (in_string) {
                        in_string = substr(line, 1, 1) != "\""
                        line = substr(line, two ~ /^\\/ ? 3 : 2)
                } else if (two == "//") {
                        return out
                } else if (two == "/*") {
                        in_comment = 1
                        line = substr(line, 3)
                } else if (match(line, /^'([^'\\]|\\.[^']*)'/)) {
                        out = out "0"
                        line = substr(line, RLENGTH + 1)
                } else {
                        in_string = substr(line, 1, 1) == "\""
                        out = out (in_string ? "0" : substr(line, 1, 1))
                        line = substr(line, 2)
                }
        }
        return out
}

# ---- definitions: from the line that ctags knows to the brace that closes what it opened -----------------------

function begins(what) {
        current = FILENAME ";" FNR
        file_of[current] = FILENAME
        name_of[current] = substr(what, 1, index(what, ";") - 1)
        scope_of[current] = substr(what, index(what, ";") + 1)
        by_name[name_of[current]] = by_name[name_of[current]] " " current
        open = 0
}

function continues(text,   rest) {
        if (text ~ /[^ \t]/)
                lines[current]++
        body[current] = body[current] " " text
        rest = text
        open += gsub(/\{/, "", rest) - gsub(/\}/, "", rest)
        if (body[current] ~ /\{/ ? open == 0 : text ~ /;/) {
                if (body[current] !~ /\{/)
                        forget()
                current = ""
        }
}

function forget() { sub(" " current, "", by_name[name_of[current]]) }

function reads_table(text) {
        if (text ~ (table " [a-z_]+ = \\{"))
                reading = 1
        if (reading)
                in_table = in_table " " text
        if (text ~ /^\}/)
                reading = 0
}

# ---- what is reached ---------------------------------------------------------------------------------------------

function reach(def) {
        if (def in is_reached)
                return
        is_reached[def] = 1
        queue[++reached] = def
}

function enter(   n, names, i) {
        n = split(entries, names, "+")
        for (i = 1; i <= n; i++) {
                before = reached
                resolve(names[i], "", "home")
                if (reached == before)
                        resolve(names[i], "", "free")
                if (reached == before) {
                        print "effort.awk: there is no function " names[i] " in " home " or beside it" >"/dev/stderr"
                        exit 1
                }
                handed[names[i]] = 1
        }
}

function enter_named(text,   words, n, i) {
        gsub(/[^A-Za-z0-9_]+/, " ", text)
        n = split(text, words, " ")
        for (i = 1; i <= n; i++)
                resolve(words[i], "", "home")
}

# Reach NAME as it is meant in the definition FROM: a "free" function or a "!" macro (of the same file if there is one
# there), a "method" of any type, that of the type or module HOW, or whatever the file "home" calls so.
function resolve(name, from, how,   n, defs, i, same, any) {
        n = name in by_name ? split(by_name[name], defs, " ") : 0
        for (i = 1; i <= n; i++) {
                if (!is_meant(defs[i], how))
                        continue
                if (how == "free" && file_of[defs[i]] == file_of[from])
                        same = defs[i]
                else
                        any = any " " defs[i]
        }
        if (same)
                reach(same)
        n = same ? 0 : split(any, defs, " ")
        for (i = 1; i <= n; i++)
                reach(defs[i])
}

function is_meant(def, how,   scope) {
        scope = scope_of[def]
        if (how == "home")
                return file_of[def] == home
        if (how == "free" || how == "!")
                return scope == (how == "!" ? "!" : "")
        if (how == "method")
                return scope != "" && scope != "!"
        return scope == how || (scope == "" && file_of[def] ~ ("/" how "\\.rs$"))
}

function refers(def,   s, name, prev, before, rest) {
        s = body[def]
        split("", local)
        while (match(s, /[A-Za-z_][A-Za-z0-9_]*/)) {
                before = substr(s, 1, RSTART - 1)
                name = substr(s, RSTART, RLENGTH)
                rest = substr(s, RSTART + RLENGTH)
                if (language == "c")
                        refers_in_c(def, prev, before, name, rest)
                else
                        refers_in_rust(def, prev, before, name, rest)
                words[name]++
                prev = name
                s = rest
        }
}

# BEFORE is what stands between the word PREV and NAME. A local name hides a function's.
function refers_in_c(def, prev, before, name, rest) {
        if (name in enum_of)
                is_used[name] = 1
        if (!(name in by_name) || before ~ /(\.|->)$/ || prev ~ /^(enum|struct|union)$/)
                return
        if (rest ~ /^ *\(/) {
                resolve(name, def, "free")
        } else if (before ~ /^[ *]+$/ && prev !~ /^(return|case|else)$/) {
                local[name] = 1
        } else if (!(name in local)) {
                resolve(name, def, "free")
                handed[name] = 1
        }
}

function refers_in_rust(def, prev, before, name, rest) {
        resolve("drop", def, name)
        if (rest ~ /^!/)
                resolve(name, def, "!")
        else if (before ~ /::$/)
                resolve(name, def, prev == "Self" ? scope_of[def] : prev)
        else if (rest !~ /^(::<[^()]*>)?\(/ || prev == "fn")
                return
        else if (before !~ /\.$/)
                resolve(name, def, "free")
        else if (rest !~ /^\([^(),]*, (Relaxed|SeqCst)\)/) # an argument that only atomics take
                resolve(name, def, type_of(prev, def, name))
}

# What the method NAME of the value VALUE is meant of: a value is often called as its type is. Else any.
function type_of(value, def, name,   type) {
        type = value == "self" ? scope_of[def] : toupper(substr(value, 1, 1)) substr(value, 2)
        return has(type, name) ? type : "method"
}

function has(scope, name,   n, defs, i) {
        n = name in by_name ? split(by_name[name], defs, " ") : 0
        for (i = 1; i <= n; i++)
                if (scope_of[defs[i]] == scope)
                        return 1
        return 0
}

# ---- the counts ----------------------------------------------------------------------------------------------------

function times(pattern,   def, sum, s) {
        for (def in is_reached) {
                s = body[def]
                sum += gsub(pattern, "", s)
        }
        return sum + 0
}

function states(   name, enums, n, i, sum) {
        for (name in is_used) {
                n = split(enum_of[name], enums, " ")
                for (i = 1; i <= n; i++)
                        if (enums[i] in is_place) {
                                sum++
                                break
                        }
        }
        return sum + 0
}

function report(   def, sum, callbacks) {
        for (def in is_reached)
                sum += lines[def]
        print "lines", sum + 0
        print "functions", reached + 0
        if (language == "c") {
                for (name in handed)
                        callbacks++
                print "callbacks", callbacks + 0
                print "states", states()
        } else {
                print "awaits", times("\\.await|(select|join)!")
                print "Arc", words["Arc"] + 0
                print "Pin", words["Pin"] + words["pin"] + 0
                print "'static", times("'static")
                print "unsafe", words["unsafe"] + 0
        }
}
