"""What can be found and what it means, in both languages; one line of the table for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.log import escaped


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names a line of WORDS; `values` fill its gaps (hostile text among them)."""

    level: Level
    code: str
    values: dict[str, object] = field(default_factory=dict)


def ok(code: str, **values: object) -> Finding:
    return Finding(Level.OK, code, values)


def warn(code: str, **values: object) -> Finding:
    return Finding(Level.WARN, code, values)


def error(code: str, **values: object) -> Finding:
    return Finding(Level.ERROR, code, values)


def text(finding: Finding, language: str) -> tuple[str, str]:
    """(what was found, what to do or "")."""
    what, do = WORDS[finding.code][language]
    values = {key: escaped(str(value)) for key, value in finding.values.items()}
    return what.format(**values), do.format(**values)


Words = dict[str, tuple[str, str]]


def _words(en: tuple[str, str], zh: tuple[str, str]) -> Words:
    return {"en": en, "zh": zh}


WORDS: dict[str, Words] = {
    "ami.unreachable": _words(
        (
            "PBX: {address} cannot be reached: {reason}",
            "Is Asterisk running? manager.conf needs enabled = yes, and bindaddr and port as in"
            " [ami]; is a firewall in between?",
        ),
        (
            "PBX：无法连接 {address}：{reason}",
            "Asterisk 是否在运行？manager.conf 需要 enabled = yes，"
            "bindaddr 和 port 须与 [ami] 一致；中间是否有防火墙？",
        ),
    ),
    "ami.no_banner": _words(
        (
            "PBX: {address} answers, but not as an Asterisk manager interface: {reason}",
            "Check [ami] port: 5038 by default, 5039 with TLS (then also tls = true).",
        ),
        (
            "PBX：{address} 有应答，但不是 Asterisk 管理接口：{reason}",
            "请检查 [ami] 的 port：默认 5038，TLS 为 5039（并设 tls = true）。",
        ),
    ),
    "ami.refused": _words(
        (
            "PBX: login as {username} was refused: {reason}",
            "Compare username and secret with manager.conf; permit there must allow this machine;"
            " then `manager reload`.",
        ),
        (
            "PBX：以 {username} 登录被拒绝：{reason}",
            "请核对 manager.conf 中的用户名与密码；其 permit 须包含本机；然后执行 manager reload。",
        ),
    ),
    "ami.ok": _words(
        ("PBX: logged in to {address}, {banner}", ""),
        ("PBX：已登录 {address}，{banner}", ""),
    ),
    "ami.lost": _words(
        ("PBX: the connection broke off: {reason}", "Look into the PBX's log and try again."),
        ("PBX：连接中断：{reason}", "请查看 PBX 日志后重试。"),
    ),
    "ami.plain": _words(
        (
            "PBX: the link to {address} is not encrypted",
            "Use tls = true, or a private network between the two.",
        ),
        ("PBX：到 {address} 的连接未加密", "请使用 tls = true，或让两者处于专用网络。"),
    ),
    "ami.may": _words(
        ("PBX: every action that is needed is allowed", ""),
        ("PBX：所需操作均已授权", ""),
    ),
    "ami.may_not": _words(
        (
            "PBX: these actions are not allowed: {actions}",
            "manager.conf: write = call,agent,originate,reporting; then `manager reload`.",
        ),
        (
            "PBX：以下操作未授权：{actions}",
            "manager.conf：write = call,agent,originate,reporting；然后执行 manager reload。",
        ),
    ),
    "ami.may_too_much": _words(
        (
            "PBX: the user may do what nothing here needs: {actions}",
            "manager.conf: take system, command, config and all out of write.",
        ),
        (
            "PBX：该用户拥有不需要的权限：{actions}",
            "manager.conf：从 write 中去掉 system、command、config、all。",
        ),
    ),
    "ami.hears": _words(
        ("PBX: events of these classes came while listening: {classes}", ""),
        ("PBX：监听期间收到以下类别的事件：{classes}", ""),
    ),
    "ami.deaf": _words(
        (
            "PBX: not a single event came while listening for {seconds} s",
            "manager.conf: read = system,call,agent,dialplan,reporting; then `manager reload`.",
        ),
        (
            "PBX：监听 {seconds} 秒内没有收到任何事件",
            "manager.conf：read = system,call,agent,dialplan,reporting；然后执行 manager reload。",
        ),
    ),
    "ami.unfiltered": _words(
        (
            "PBX: events come that nobody reads: {events}",
            "Take the eventfilter lines of the manager.conf that ships with this system.",
        ),
        ("PBX：收到无人使用的事件：{events}", "请采用随附 manager.conf 中的 eventfilter 各行。"),
    ),
    "ami.no_timestamps": _words(
        (
            "PBX: events carry no time of their own",
            "manager.conf, [general]: timestampevents = yes; then `manager reload`.",
        ),
        (
            "PBX：事件不带时间",
            "manager.conf 的 [general]：timestampevents = yes；然后 manager reload。",
        ),
    ),
    "ami.clock": _words(
        ("PBX: its clock and ours differ by {seconds} s", ""),
        ("PBX：与本机时钟相差 {seconds} 秒", ""),
    ),
    "ami.clock_off": _words(
        (
            "PBX: its clock and ours differ by {seconds} s",
            "Let both machines take their time from NTP (systemd-timesyncd, chrony).",
        ),
        (
            "PBX：与本机时钟相差 {seconds} 秒",
            "请让两台机器都通过 NTP 校时（systemd-timesyncd、chrony）。",
        ),
    ),
    "db.away": _words(
        (
            "Database: cannot be reached: {reason}",
            "Is it running, and are host, user and password in [database] url right?",
        ),
        ("数据库：无法连接：{reason}", "它是否在运行？[database] url 的主机、用户和密码是否正确？"),
    ),
    "db.old": _words(
        (
            "Database: at revision {current}, this version needs {newest}",
            "Run `callcenter migrate` (the service does it too when it starts).",
        ),
        (
            "数据库：版本为 {current}，本程序需要 {newest}",
            "请运行 callcenter migrate（服务启动时也会自动执行）。",
        ),
    ),
    "db.newer": _words(
        (
            "Database: revision {current} is unknown to this version, which knows up to {newest}",
            "A newer version has used this database: install that one, or restore a backup.",
        ),
        (
            "数据库：本程序不认识版本 {current}，最高为 {newest}",
            "此数据库已被更新的程序使用：请安装新版本，或恢复备份。",
        ),
    ),
    "db.ok": _words(
        ("Database: {dialect}, revision {current}", ""),
        ("数据库：{dialect}，版本 {current}", ""),
    ),
    "data.unwritable": _words(
        (
            "Data folder: {path} cannot be written: {reason}",
            "Create it for the user that runs the service, or set data_dir.",
        ),
        ("数据目录：无法写入 {path}：{reason}", "请为运行服务的用户创建该目录，或设置 data_dir。"),
    ),
    "redis.none": _words(
        ("Redis: not configured; events stay in this process", ""),
        ("Redis：未配置，事件保留在本进程内", ""),
    ),
    "redis.away": _words(
        (
            "Redis: cannot be reached: {reason}",
            "Is it running, and is [redis] url right? One process needs none: leave url out.",
        ),
        (
            "Redis：无法连接：{reason}",
            "它是否在运行？[redis] url 是否正确？单进程无需 Redis，可不设 url。",
        ),
    ),
    "redis.forgets": _words(
        (
            "Redis: does not append to disk; a restart of it loses events on their way",
            "redis.conf: appendonly yes.",
        ),
        ("Redis：未持久化，重启会丢失在途事件", "redis.conf：appendonly yes。"),
    ),
    "redis.ok": _words(
        ("Redis: version {version}, appends to disk", ""),
        ("Redis：版本 {version}，已持久化", ""),
    ),
    "mail.none": _words(
        ("Mail: not configured; customers get none", ""),
        ("邮件：未配置，不会向客户发送邮件", ""),
    ),
    "mail.unreachable": _words(
        (
            "Mail: {address} does not take our mail: {reason}",
            "Check host, port, encryption, username and password in [mail]; is a firewall in"
            " between?",
        ),
        (
            "邮件：{address} 不接收我们的邮件：{reason}",
            "请检查 [mail] 的 host、port、encryption、username、password；中间是否有防火墙？",
        ),
    ),
    "mail.plain": _words(
        (
            "Mail: what is sent to {address} is not encrypted",
            'Use encryption = "starttls" or "tls", if the server can.',
        ),
        (
            "邮件：发往 {address} 的邮件未加密",
            '若服务器支持，请用 encryption = "starttls" 或 "tls"。',
        ),
    ),
    "mail.no_address": _words(
        (
            "Mail: links to the feedback page will lead to {url}, where no customer comes",
            "Set [web] public_url to the address that customers reach.",
        ),
        (
            "邮件：评价页面的链接将指向 {url}，客户无法访问",
            "请将 [web] public_url 设为客户可访问的地址。",
        ),
    ),
    "mail.ok": _words(
        ("Mail: {address} takes our mail, from {sender}", ""),
        ("邮件：{address} 接收来自 {sender} 的邮件", ""),
    ),
    "mail.dead": _words(
        (
            "Mail: {count} mails were given up",
            "Look at them in the console, or by GET /api/v1/mails?state=dead.",
        ),
        (
            "邮件：有 {count} 封邮件已放弃发送",
            "请在控制台查看，或用 GET /api/v1/mails?state=dead。",
        ),
    ),
    "rec.missing": _words(
        (
            "Recordings: there is no folder {path}",
            "Set [recordings] folder to where the PBX's recordings are seen on this machine.",
        ),
        ("录音：目录 {path} 不存在", "请将 [recordings] folder 设为本机可见的 PBX 录音目录。"),
    ),
    "rec.unreadable": _words(
        (
            "Recordings: {path} cannot be read: {reason}",
            "Let the service's user read it, e.g. as a member of the group asterisk.",
        ),
        ("录音：无法读取 {path}：{reason}", "请授予服务用户读取权限，例如加入 asterisk 组。"),
    ),
    "rec.empty": _words(
        (
            "Recordings: {path} holds no sound files",
            "Record a call; if the PBX writes elsewhere, set [recordings] folder.",
        ),
        (
            "录音：{path} 中没有音频文件",
            "请录制一通电话；若 PBX 写在别处，请设置 [recordings] folder。",
        ),
    ),
    "rec.unmatched": _words(
        (
            "Recordings: none of the newest {count} files belongs to a call we know",
            "If the PBX names the folder differently, set [recordings] pbx_folder; files from"
            " before the service was there are not matched.",
        ),
        (
            "录音：最近 {count} 个文件均未对应到已知通话",
            "若 PBX 上的目录名不同，请设置 [recordings] pbx_folder；服务启用前的文件不会匹配。",
        ),
    ),
    "rec.ok": _words(
        ("Recordings: {path}; of the newest {count} files {matched} belong to calls we know", ""),
        ("录音：{path}；最近 {count} 个文件中有 {matched} 个对应已知通话", ""),
    ),
}
