//! The style sheet of a report: one column, restrained, printable, readable on a phone.

pub(super) const CSS: &str = r#"
:root{color-scheme:light}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:#fff;color:#1f1f1f;font:17px/1.55 Georgia,"Times New Roman",serif}
main{max-width:860px;margin:0 auto;padding:40px 24px 64px}
h1,h2,nav,figcaption,table,.sub,.data,.key h2,.remark,.note,footer{font-family:"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
h1{font-size:31px;line-height:1.2;margin:0 0 6px;color:#12436d}
.sub{font-size:18px;line-height:1.4;margin:0 0 4px;color:#3d3d3d}
.data{font-size:14px;margin:0 0 26px;color:#595959}
header{border-top:4px solid #12436d;padding-top:18px}
.key{background:#eef3f7;border-left:4px solid #12436d;padding:16px 22px 8px;margin:0 0 28px}
.key h2{font-size:16px;margin:0 0 6px;border:0;padding:0}
.key ul{margin:0;padding-left:20px}
.key li{margin:0 0 8px}
nav{font-size:14.5px;margin:0 0 10px}
nav ol{margin:0;padding-left:22px;columns:2;column-gap:36px}
nav li{margin:0 0 3px;break-inside:avoid}
a{color:#12436d}
h2{font-size:21px;line-height:1.25;color:#12436d;margin:44px 0 12px;padding-top:14px;border-top:1px solid #c9d3dc}
p{margin:0 0 14px}
figure{margin:26px 0 30px;break-inside:avoid}
figcaption{font-size:16.5px;font-weight:700;line-height:1.35;margin:0 0 4px}
figcaption small{display:block;font-size:13.5px;font-weight:400;color:#595959;margin-top:2px}
.plot svg{display:block;width:100%;height:auto;max-width:812px}
.says{font-size:15.5px;margin:6px 0 0}
.remark,.note{font-size:13.5px;line-height:1.45;color:#595959;margin:6px 0 0}
.note{border-left:3px solid #c9d3dc;padding-left:12px;margin:0 0 16px}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:14.5px;line-height:1.35;border-top:2px solid #12436d;border-bottom:1px solid #12436d;margin-top:6px}
th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0}
th{vertical-align:bottom;border-bottom:1px solid #12436d}
td{border-bottom:1px solid #e6e6e6}
tbody tr:last-child td{border-bottom:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-left:8px}
th:last-child,td:last-child{padding-right:2px}
td:last-child:not(.n){min-width:15rem}
.unit{display:block;font-weight:400;color:#595959;font-size:13px}
footer{font-size:13px;color:#595959;border-top:1px solid #c9d3dc;margin-top:48px;padding-top:12px}
@media(max-width:600px){
body{font-size:16px}
main{padding:22px 16px 40px}
h1{font-size:25px}
nav ol{columns:1}
.key{padding:14px 16px 6px}
.plot{margin:0 -12px}
}
@media print{
@page{margin:18mm 16mm}
body{font-size:10.5pt}
main{max-width:none;padding:0}
nav{display:none}
.plot,.scroll{overflow:visible}
.key{-webkit-print-color-adjust:exact;print-color-adjust:exact}
h2{break-after:avoid}
a{color:inherit;text-decoration:none}
}
"#;
